/**
 * The keys that sign statements, over their life: one that signs now, one that is about to, and those that did. The log
 * names each new one before anything is signed with it (docs/operating/keys.md). A crash anywhere is gone on from.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { LIMITS, type Limits } from '../../model/limits.ts';
import { canonicalJson } from '../canonical-json.ts';
import { ensureDirectory, replaceFile, syncDirectory } from '../durable-files.ts';
import { OLD } from '../old-log-keys.ts';
import type { AuditLog } from '../recorder.ts';
import { localSigner, type Signer } from '../signer.ts';
import { keyIdOf, preAuthEncoding, type SignedPayload } from './dsse.ts';
import { PAYLOAD_TYPE } from './manifest.ts';
import {
  type OldStatementKey,
  oldKeyPath,
  readOldStatementKeys,
  readStatementKey,
  readStatementPublicKey,
  STATEMENT_FILES,
} from './statement-key-files.ts';

export interface StatementKeyOptions {
  /** Signs instead of a key in `keys/`: one that a KMS keeps. Another one than is known begins a rotation to it. */
  readonly signer?: Signer;
  readonly limits?: Pick<Limits, 'signerDeadlineMs' | 'signerMaxRetryMs'>;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export interface StatementKeyView {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
}

interface OwnKey extends StatementKeyView {
  readonly key: KeyObject;
  /** Absent where its private half is gone, and another one is to take its place. */
  readonly signer?: Signer;
}

export class StatementKeyRing {
  readonly #directory: string;
  readonly #options: StatementKeyOptions;
  #current: OwnKey;
  #next: OwnKey | undefined;
  #old: readonly OldStatementKey[];
  #fault: Fault | undefined;
  /** Until when a key that could not sign is not asked again, by the monotonic clock. */
  #downUntil = 0;

  /** Loads the keys of `<audit>/keys`; makes the first one where there is none. Throws a `Fault` where they do not fit. */
  constructor(directory: string, options: StatementKeyOptions = {}) {
    this.#directory = directory;
    this.#options = options;
    ensureDirectory(directory);
    this.#old = readOldStatementKeys(directory);
    this.#completeFinish();
    this.#current = this.#findCurrent();
    this.#next = this.#findNext();
  }

  get current(): StatementKeyView {
    return this.#current;
  }

  /** Those that signed before, the oldest first. */
  get old(): readonly OldStatementKey[] {
    return this.#old;
  }

  /** Where the key is, in words for an operator. */
  get place(): string {
    return this.#current.signer?.place ?? 'nowhere any more';
  }

  /** Why the key did not sign when it was asked last; undefined where it did. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** True where a new key is known, and the log does not name it yet. */
  get isRotating(): boolean {
    return this.#next !== undefined;
  }

  /** PEM of a key by its id, the one that signs or one that did; undefined for any other. */
  publicKeyOf(keyId: string): string | undefined {
    if (keyId === this.#current.keyId) return this.#current.publicKey;
    return this.#old.find((one) => one.keyId === keyId)?.publicKey;
  }

  /** Rejects with a `Fault` of code `signer-unavailable` where the key cannot be asked, or did not answer a moment ago. */
  async sign(payload: Uint8Array): Promise<SignedPayload> {
    this.requireUp();
    const { signer, key, keyId } = this.#current;
    try {
      if (signer === undefined || this.#next !== undefined) throw waits('its next key is not in the log yet');
      const signature = await this.#signature(signer, key, preAuthEncoding(PAYLOAD_TYPE, payload));
      this.#fault = undefined;
      return { payload, signature, keyId };
    } catch (cause) {
      this.#fault = cause instanceof Fault ? cause : waits(String(cause), cause);
      this.#downUntil = performance.now() + this.#limits.signerMaxRetryMs;
      throw this.#fault;
    }
  }

  /** Throws where the key did not sign a moment ago: whoever needs it later may spare themselves the work. */
  requireUp(): void {
    if (this.#fault !== undefined && performance.now() < this.#downUntil) throw this.#fault;
  }

  /** A new key, which the log names before it signs; one that was begun goes on. Nothing may be signed meanwhile. */
  async rotate(by: string, log: Pick<AuditLog, 'note'>): Promise<StatementKeyView> {
    this.#next ??= this.#makeNext();
    const detail = { by, what: 'statement', from: this.#current.keyId, to: this.#next.keyId };
    await log.note({ kind: 'key.rotated', detail });
    return this.#finish(this.#next);
  }

  /** Ends a change that was begun, in this life of the gateway or one before it. */
  async settle(log: Pick<AuditLog, 'note'>): Promise<void> {
    if (this.#next !== undefined) await this.rotate('gateway', log);
  }

  get #limits(): Pick<Limits, 'signerDeadlineMs' | 'signerMaxRetryMs'> {
    return this.#options.limits ?? LIMITS;
  }

  async #signature(signer: Signer, key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
    const signature = await signer.sign(bytes, AbortSignal.timeout(this.#limits.signerDeadlineMs));
    if (verify('sha256', bytes, key, signature)) return signature;
    throw waits(`${signer.place} signs with another key than is known; a restart of the gateway asks which it is`);
  }

  #findCurrent(): OwnKey {
    const known = readStatementPublicKey(this.#path(STATEMENT_FILES.public));
    const own = readStatementKey(this.#path(STATEMENT_FILES.key));
    const { signer } = this.#options;
    if (known === undefined) return this.#first(own);
    if (signer?.publicKey.equals(known) === true) return external(signer);
    if (own === undefined) return view(known);
    if (createPublicKey(own).equals(known)) return local(own);
    throw new Fault(
      'log-corrupt',
      `${this.#path(STATEMENT_FILES.public)} is not the public key of ${this.#path(STATEMENT_FILES.key)}`,
    );
  }

  #first(kept: KeyObject | undefined): OwnKey {
    const { signer } = this.#options;
    const own = signer === undefined ? (kept ?? this.#generate(STATEMENT_FILES.key)) : undefined;
    const first = own === undefined ? external(signer as Signer) : local(own);
    replaceFile(this.#path(STATEMENT_FILES.public), first.publicKey, 0o644);
    return first;
  }

  #findNext(): OwnKey | undefined {
    const { signer } = this.#options;
    if (signer !== undefined) {
      rmSync(this.#path(STATEMENT_FILES.nextKey), { force: true });
      if (signer.publicKey.equals(this.#current.key)) return this.#forgetNext();
      return this.#knownNext(external(signer));
    }
    const key = readStatementKey(this.#path(STATEMENT_FILES.nextKey));
    if (key !== undefined) return this.#knownNext(local(key));
    this.#forgetNext();
    // The private half is gone: a KMS that is configured no more, or a file that was lost.
    return this.#current.signer === undefined ? this.#makeNext() : undefined;
  }

  #makeNext(): OwnKey {
    if (this.#options.signer === undefined) return this.#knownNext(local(this.#generate(STATEMENT_FILES.nextKey)));
    throw new Fault(
      'config-invalid',
      `the key of statements is in ${this.place}: name its next one in evidence.key, and restart the gateway`,
    );
  }

  #knownNext(next: OwnKey): OwnKey {
    if (this.#old.some(({ keyId }) => keyId === next.keyId)) {
      throw new Fault(
        'config-invalid',
        `the key in ${next.signer?.place ?? ''} signed statements once and was replaced: it cannot come back`,
      );
    }
    replaceFile(this.#path(STATEMENT_FILES.nextPublic), next.publicKey, 0o644);
    return next;
  }

  #forgetNext(): undefined {
    rmSync(this.#path(STATEMENT_FILES.nextPublic), { force: true });
  }

  #generate(name: string): KeyObject {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    replaceFile(this.#path(name), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    return privateKey;
  }

  #finish(next: OwnKey): StatementKeyView {
    const { keyId, publicKey } = this.#current;
    const at = new Date((this.#options.clock ?? Date.now)()).toISOString();
    ensureDirectory(this.#path(OLD));
    const record = { v: 1, at, publicKey, next: next.keyId };
    replaceFile(oldKeyPath(this.#directory, keyId), `${canonicalJson(record)}\n`, 0o644);
    this.#promote(next.publicKey);
    this.#old = readOldStatementKeys(this.#directory);
    this.#current = next;
    this.#next = undefined;
    this.#fault = undefined;
    return next;
  }

  /** Goes on where `#finish` was cut off. */
  #completeFinish(): void {
    const next = readStatementPublicKey(this.#path(STATEMENT_FILES.nextPublic));
    const id = next && keyIdOf(next);
    if (next !== undefined && this.#old.some((old) => old.next === id)) this.#promote(view(next).publicKey);
  }

  /** The private half of the one before is gone with this: it signs nothing any more. */
  #promote(publicKey: string): void {
    const [key, next] = [this.#path(STATEMENT_FILES.key), this.#path(STATEMENT_FILES.nextKey)];
    if (existsSync(next)) renameSync(next, key);
    else if (!this.#isLocalKey(publicKey)) rmSync(key, { force: true });
    syncDirectory(this.#directory);
    replaceFile(this.#path(STATEMENT_FILES.public), publicKey, 0o644);
    this.#forgetNext();
    syncDirectory(this.#directory);
  }

  /** True where the file has this key already: what was cut off came so far. */
  #isLocalKey(publicKey: string): boolean {
    const own = readStatementKey(this.#path(STATEMENT_FILES.key));
    return own !== undefined && local(own).publicKey === publicKey;
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function local(key: KeyObject): OwnKey {
  return external(localSigner(key, createPublicKey(key), 'file'));
}

function external(signer: Signer): OwnKey {
  if (signer.algorithm !== 'ecdsa-p256-sha256') {
    throw new Fault(
      'config-invalid',
      `the key in ${signer.place} is not ECDSA on P-256, which statements are signed with`,
    );
  }
  return { ...view(signer.publicKey), signer };
}

function view(key: KeyObject): Omit<OwnKey, 'signer'> {
  return { key, keyId: keyIdOf(key), publicKey: key.export({ format: 'pem', type: 'spki' }).toString() };
}

function waits(why: string, cause?: unknown): Fault {
  return new Fault('signer-unavailable', `statements wait for their key: ${why}`, { cause });
}
