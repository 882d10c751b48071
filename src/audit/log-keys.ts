/**
 * The keys that sign the log, over its life: one that signs now, one that is about to, and those that did. What of it is
 * on disk can be cut off anywhere by a crash, and goes on from there (docs/operating/keys.md).
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import { keyIdText } from './c2sp/key-text.ts';
import { canonicalJson } from './canonical-json.ts';
import { ensureDirectory, replaceFile, syncDirectory } from './durable-files.ts';
import { encodeVerifierKey, type NoteVerifier, noteVerifier, parseVerifierKey } from './log/signed-note.ts';
import { OLD, type OldKey, readOldKeys, readPrivateKey } from './old-log-keys.ts';
import { localSigner, type Signer } from './signer.ts';

export const LOG_KEY_FILE = 'log.key';
export const LOG_VERIFIER_FILE = 'log.vkey';
const NEXT_KEY_FILE = 'next.key';
const NEXT_VERIFIER_FILE = 'next.vkey';

export interface LogKeyOptions {
  /** Signs instead of a key in `keys/`: one that a KMS keeps. Another one than the log has begins a rotation to it. */
  readonly signer?: Signer;
  /** The KMS's key that the log has had until now, where `signer` is to take its place. */
  readonly previous?: Signer;
}

export interface LogSigner {
  readonly verifier: NoteVerifier;
  readonly signer: Signer;
  /** False for an old key, whose signature is a help to those who know no other and may be missing. */
  readonly required: boolean;
}

export class LogKeyRing {
  readonly origin: string;
  readonly #directory: string;
  readonly #options: LogKeyOptions;
  #current: LogSigner;
  #next: LogSigner | undefined;
  #old: readonly OldKey[];

  /** Loads the keys of `<audit>/keys`; makes the first one where there is none. Throws a `Fault` where they do not fit. */
  constructor(directory: string, origin: string, options: LogKeyOptions = {}) {
    this.#directory = directory;
    this.#options = options;
    this.origin = origin;
    ensureDirectory(directory);
    this.#completeFinish();
    const known = this.#readVerifier(LOG_VERIFIER_FILE);
    this.#old = readOldKeys(directory);
    this.#current = known === undefined ? this.#first() : this.#find(known);
    this.#next = this.#findNext();
  }

  /** The key that signs now. */
  get current(): NoteVerifier {
    return this.#current.verifier;
  }

  get verifierKey(): string {
    return encodeVerifierKey(this.origin, this.current.key);
  }

  /** The key that a rotation, begun and not ended, leads to. */
  get next(): NoteVerifier | undefined {
    return this.#next?.verifier;
  }

  get old(): readonly OldKey[] {
    return this.#old;
  }

  /** Where the key is that signs now. */
  get place(): string {
    return this.#current.signer.place;
  }

  /** True where a new key can be made here; one of a KMS comes by the configuration. */
  get isLocal(): boolean {
    return this.#options.signer === undefined;
  }

  /** Every key that may have signed a checkpoint of this log, the newest first. */
  get verifiers(): readonly NoteVerifier[] {
    const old = this.#old.flatMap(({ vkey }) => parseVerifierKey(vkey) ?? []).toReversed();
    return [...(this.#next ? [this.#next.verifier] : []), this.current, ...old];
  }

  /** Who signs a checkpoint now, the newest key first. */
  signers(nowMs: number): readonly LogSigner[] {
    return [
      ...(this.#next ? [this.#next] : []),
      this.#current,
      ...this.#old.flatMap((old) => this.#overlap(old, nowMs)),
    ];
  }

  /** Begins a rotation to a key that is made here; one that was begun goes on. Both keys sign from now on. */
  begin(): NoteVerifier {
    if (this.#next !== undefined) return this.#next.verifier;
    if (!this.isLocal)
      throw new Fault('config-invalid', `the log's key is in ${this.place}: name its next one in log.key`);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    replaceFile(this.#path(NEXT_KEY_FILE), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    replaceFile(this.#path(NEXT_VERIFIER_FILE), `${encodeVerifierKey(this.origin, publicKey)}\n`, 0o644);
    this.#next = this.#local(privateKey);
    return this.#next.verifier;
  }

  /** Ends a rotation, once a checkpoint that both keys signed covers its entry, which `proof` (a tlog-proof) shows. */
  finish(proof: string, signsUntil: string): void {
    if (this.#next === undefined) return;
    const [from, next] = [this.#current.verifier, this.#next];
    const vkey = encodeVerifierKey(this.origin, next.verifier.key);
    const old: OldKey = { v: 1, vkey: this.verifierKey, next: vkey, signsUntil };
    const id = keyIdText(from);
    ensureDirectory(join(this.#directory, OLD));
    replaceFile(this.#path(OLD, `${id}.tlog-proof`), proof, 0o644);
    const key = readPrivateKey(this.#path(LOG_KEY_FILE));
    if (key !== undefined) replaceFile(this.#path(OLD, `${id}.key`), key.export({ format: 'pem', type: 'pkcs8' }));
    replaceFile(this.#path(OLD, `${id}.json`), `${canonicalJson({ ...old })}\n`, 0o644);
    if (existsSync(this.#path(NEXT_KEY_FILE))) renameSync(this.#path(NEXT_KEY_FILE), this.#path(LOG_KEY_FILE));
    else rmSync(this.#path(LOG_KEY_FILE), { force: true });
    syncDirectory(this.#directory);
    replaceFile(this.#path(LOG_VERIFIER_FILE), `${vkey}\n`, 0o644);
    rmSync(this.#path(NEXT_VERIFIER_FILE), { force: true });
    syncDirectory(this.#directory);
    this.#current = next;
    this.#next = undefined;
    this.#old = readOldKeys(this.#directory);
  }

  /** Destroys the private halves of old keys that sign no more. */
  dropOld(nowMs: number): void {
    for (const { vkey, signsUntil } of this.#old) {
      const verifier = parseVerifierKey(vkey);
      if (verifier === undefined || Date.parse(signsUntil) > nowMs) continue;
      rmSync(this.#path(OLD, `${keyIdText(verifier)}.key`), { force: true });
    }
  }

  #first(): LogSigner {
    const { signer } = this.#options;
    const first = signer === undefined ? this.#local(this.#ownKey()) : this.#external(signer);
    replaceFile(this.#path(LOG_VERIFIER_FILE), `${encodeVerifierKey(this.origin, first.verifier.key)}\n`, 0o644);
    return first;
  }

  /** The signer of the key that the log has. */
  #find(known: NoteVerifier): LogSigner {
    const { signer, previous } = this.#options;
    const own = readPrivateKey(this.#path(LOG_KEY_FILE));
    for (const one of [signer, previous]) {
      if (one !== undefined && one.publicKey.equals(known.key)) return this.#external(one);
    }
    if (own !== undefined && createPublicKey(own).equals(known.key)) return this.#local(own);
    const path = this.#path(LOG_VERIFIER_FILE);
    if (signer !== undefined) {
      throw new Fault(
        'config-invalid',
        `the key in ${signer.place} is not the one of ${path}. To let it take that one's place, name the old one in log.previousKey`,
      );
    }
    const which = own === undefined ? `${this.#path(LOG_KEY_FILE)} is missing` : 'the signing key is another one';
    throw new Fault('log-corrupt', `${path} is not the verifier key of this log's origin and signing key: ${which}`);
  }

  #findNext(): LogSigner | undefined {
    const { signer } = this.#options;
    if (signer !== undefined && !signer.publicKey.equals(this.current.key)) {
      const next = this.#external(signer);
      const vkey = encodeVerifierKey(this.origin, next.verifier.key);
      if (this.#old.some((old) => old.vkey === vkey)) {
        throw new Fault(
          'config-invalid',
          `the key in ${signer.place} signed this log once and was replaced: it cannot come back`,
        );
      }
      replaceFile(this.#path(NEXT_VERIFIER_FILE), `${vkey}\n`, 0o644);
      return next;
    }
    const key = readPrivateKey(this.#path(NEXT_KEY_FILE));
    const known = this.#readVerifier(NEXT_VERIFIER_FILE);
    if (key !== undefined && known !== undefined && createPublicKey(key).equals(known.key)) return this.#local(key);
    // Made, and not yet told to anybody: a new one will do as well.
    for (const name of [NEXT_KEY_FILE, NEXT_VERIFIER_FILE]) rmSync(this.#path(name), { force: true });
    return undefined;
  }

  /** Goes on where `finish` was cut off. */
  #completeFinish(): void {
    const next = this.#readVerifier(NEXT_VERIFIER_FILE);
    if (next === undefined) return;
    const vkey = encodeVerifierKey(this.origin, next.key);
    const isDone = readOldKeys(this.#directory).some((old) => old.next === vkey);
    if (!isDone) return;
    if (existsSync(this.#path(NEXT_KEY_FILE))) renameSync(this.#path(NEXT_KEY_FILE), this.#path(LOG_KEY_FILE));
    replaceFile(this.#path(LOG_VERIFIER_FILE), `${vkey}\n`, 0o644);
    rmSync(this.#path(NEXT_VERIFIER_FILE), { force: true });
    syncDirectory(this.#directory);
  }

  #overlap({ vkey, signsUntil }: OldKey, nowMs: number): readonly LogSigner[] {
    const verifier = parseVerifierKey(vkey);
    if (verifier === undefined || Date.parse(signsUntil) <= nowMs) return [];
    const { previous } = this.#options;
    const own = readPrivateKey(this.#path(OLD, `${keyIdText(verifier)}.key`));
    const signer = own === undefined ? previous : localSigner(own, createPublicKey(own), 'file');
    return signer?.publicKey.equals(verifier.key) === true ? [{ verifier, signer, required: false }] : [];
  }

  #ownKey(): KeyObject {
    const kept = readPrivateKey(this.#path(LOG_KEY_FILE));
    if (kept !== undefined) return kept;
    const key = generateKeyPairSync('ed25519').privateKey;
    replaceFile(this.#path(LOG_KEY_FILE), key.export({ format: 'pem', type: 'pkcs8' }));
    return key;
  }

  #local(key: KeyObject): LogSigner {
    return this.#external(localSigner(key, createPublicKey(key), 'file'));
  }

  #external(signer: Signer): LogSigner {
    if (signer.algorithm !== 'ed25519') {
      throw new Fault(
        'config-invalid',
        `the key in ${signer.place} is not Ed25519: checkpoints that witnesses cosign are signed with it`,
      );
    }
    return { verifier: noteVerifier(this.origin, signer.publicKey), signer, required: true };
  }

  #readVerifier(name: string): NoteVerifier | undefined {
    const path = this.#path(name);
    if (!existsSync(path)) return undefined;
    const verifier = parseVerifierKey(readFileSync(path, 'utf8').trimEnd());
    if (verifier?.name === this.origin) return verifier;
    throw new Fault(
      'log-corrupt',
      `${path} is not the verifier key of this log's origin and signing key: it is none of ${this.origin}`,
    );
  }

  #path(...names: readonly string[]): string {
    return join(this.#directory, ...names);
  }
}
