/**
 * Signs the log and publishes what it signed: `log/checkpoint` is the newest tree that the log signed, `log/witnessed`
 * the newest that a quorum of witnesses cosigned. Runs beside everything else: a signer or a witness that cannot be
 * reached delays checkpoints, and no request.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { type Checkpoint, checkpointText } from '../c2sp/checkpoint-text.ts';
import { replaceFile } from '../durable-files.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { rangeRoot } from '../log/merkle.ts';
import { signatureLine } from '../log/signed-note.ts';
import { subtreeReader } from '../log/tile-log.ts';
import type { LogKeyRing, LogSigner } from '../log-keys.ts';
import { Retry } from './retry.ts';
import type { WitnessRounds } from './witness-rounds.ts';
import type { Checkpoints, CoveringCheckpoint } from './witnessed.ts';

/** Where the newest signed checkpoint is kept beside the log's own directory, so that a copy of that cannot pass for it. */
export interface CheckpointAnchor {
  /** The newest that was kept of this origin; undefined where none was. */
  newest(origin: string): Promise<string | undefined>;
  keep(origin: string, size: number, checkpoint: string): Promise<void>;
}

export interface PublisherOptions {
  readonly paths: AuditPaths;
  readonly keys: LogKeyRing;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly anchor?: CheckpointAnchor;
  /** Absent where no witnesses are configured. */
  readonly witnesses?: WitnessRounds;
  readonly onPublished: (size: number) => void;
  /** What went wrong and is tried again: for the operator. */
  readonly onFault: (fault: Fault) => void;
}

export interface SigningStatus {
  readonly signer: string;
  readonly keyId: string;
  /** Entries that are durable, and under the newest checkpoint. */
  readonly durable: number;
  readonly signed: number;
  /** Why the newest tree is not signed yet. */
  readonly fault?: string;
}

interface Waiter {
  readonly minSize: number;
  readonly resolve: (checkpoint: CoveringCheckpoint) => void;
}

export class CheckpointPublisher implements Checkpoints {
  readonly #options: PublisherOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #retry: Retry;
  readonly #ended = new AbortController();
  #head: Pick<Checkpoint, 'size' | 'root'>;
  #signed: Checkpoint | undefined;
  #signedNote = '';
  #attempt: Promise<void> | undefined;
  /** The tree of the newest attempt that failed. */
  #failed: Pick<Checkpoint, 'size' | 'root'> | undefined;
  #fault: Fault | undefined;
  #broken = false;
  /** True while the newest tree is to be signed although it is. */
  #anew = false;

  /** Goes on from what was published; `head` is the durable tree. */
  constructor(options: PublisherOptions, head: Pick<Checkpoint, 'size' | 'root'>) {
    const { paths, keys, limits, witnesses } = options;
    this.#options = options;
    this.#head = head;
    this.#retry = new Retry(limits.signerRetryMs, limits.signerMaxRetryMs, () => void this.#sign());
    const kept = existsSync(paths.checkpoint) ? readFileSync(paths.checkpoint, 'utf8') : undefined;
    this.#signed = kept === undefined ? undefined : openCheckpoint(kept, keys.origin, keys.verifiers);
    this.#signedNote = this.#signed === undefined ? '' : (kept ?? '');
    witnesses?.onWitnessed(() => this.#settle());
    if (this.#signed !== undefined) witnesses?.offer(this.#signed, this.#signedNote);
  }

  get status(): SigningStatus {
    const { keys } = this.#options;
    return {
      signer: keys.place,
      keyId: keys.current.id.toString(16).padStart(8, '0'),
      durable: this.#head.size,
      signed: this.#signed?.size ?? 0,
      ...(this.#fault === undefined ? {} : { fault: this.#fault.message }),
    };
  }

  /** The newest signed note; empty where nothing was signed yet. */
  get newest(): string {
    return this.#signedNote;
  }

  get signedSize(): number {
    return this.#signed?.size ?? -1;
  }

  /** The log is this tree now, durably. */
  advance(head: Pick<Checkpoint, 'size' | 'root'>): void {
    this.#head = head;
    if (this.#failed === undefined) void this.#sign();
  }

  /** Resolves once the tree of now is signed, or could not be: signing is tried again then, and nobody waits for it. */
  async settled(): Promise<void> {
    const { size } = this.#head;
    while (this.signedSize < size && this.#failed === undefined && !this.#broken) await this.#sign();
  }

  /** Signs the tree of now anew, with the keys of now. Rejects with a `Fault` where that cannot be. */
  async signAnew(): Promise<string> {
    await this.#attempt;
    this.#anew = true;
    await this.#sign();
    if (this.#anew) throw this.#fault ?? new Fault('signer-unavailable', 'nothing could be signed');
    return this.#signedNote;
  }

  async witnessed(minSize: number, signal: AbortSignal): Promise<CoveringCheckpoint> {
    const covering = this.#covering(minSize);
    if (covering !== undefined) return covering;
    const { promise, resolve } = Promise.withResolvers<CoveringCheckpoint | undefined>();
    const waiter: Waiter = { minSize, resolve };
    const onAbort = () => resolve(undefined);
    const signals = AbortSignal.any([signal, this.#ended.signal]);
    signals.addEventListener('abort', onAbort);
    this.#waiters.add(waiter);
    if (signals.aborted) onAbort();
    this.#options.witnesses?.hurry();
    const found = await promise;
    this.#waiters.delete(waiter);
    signals.removeEventListener('abort', onAbort);
    if (found !== undefined) return found;
    if (this.signedSize >= minSize) return { checkpoint: this.#signedNote, witnessed: false };
    const why = this.#fault?.message ?? 'no checkpoint covers it yet';
    throw new Fault('log-unavailable', `${minSize} entries of the log are not signed: ${why}`);
  }

  /** Signs and publishes the last tree, tries its witnesses for a moment no longer, and ends. */
  async close(): Promise<void> {
    this.#retry[Symbol.dispose]();
    this.#failed = undefined;
    await this.settled();
    this.#ended.abort();
    await this.#options.witnesses?.[Symbol.asyncDispose]();
  }

  #covering(minSize: number): CoveringCheckpoint | undefined {
    const { witnesses } = this.#options;
    if (witnesses !== undefined) {
      const { newest } = witnesses;
      return newest !== undefined && newest.size >= minSize ? { checkpoint: newest.note, witnessed: true } : undefined;
    }
    return this.signedSize >= minSize ? { checkpoint: this.#signedNote, witnessed: false } : undefined;
  }

  #settle(): void {
    for (const waiter of this.#waiters) {
      const covering = this.#covering(waiter.minSize);
      if (covering !== undefined) waiter.resolve(covering);
    }
  }

  /** One attempt at a time; who comes while one is under way waits for it. */
  async #sign(): Promise<void> {
    this.#attempt ??= this.#signHead().finally(() => {
      this.#attempt = undefined;
      // The log went on meanwhile.
      if (
        this.#failed === undefined &&
        !this.#broken &&
        this.signedSize < this.#head.size &&
        !this.#ended.signal.aborted
      )
        void this.#sign();
    });
    await this.#attempt;
  }

  async #signHead(): Promise<void> {
    const head = this.#head;
    if (this.#broken || (this.#signed?.size === head.size && !this.#anew)) return;
    try {
      this.#requireContinuation(head);
      const note = await this.#noteOf(head);
      replaceFile(this.#options.paths.checkpoint, note, 0o644);
      this.#published({ origin: this.#options.keys.origin, ...head }, note);
      await this.#options.anchor?.keep(this.#options.keys.origin, head.size, note);
    } catch (cause) {
      this.#failing(cause, head);
    }
  }

  #published(checkpoint: Checkpoint, note: string): void {
    this.#signed = checkpoint;
    this.#signedNote = note;
    this.#fault = undefined;
    this.#failed = undefined;
    this.#anew = false;
    this.#retry.reset();
    this.#options.onPublished(checkpoint.size);
    this.#options.witnesses?.offer(checkpoint, note);
    this.#settle();
  }

  #failing(cause: unknown, head: Pick<Checkpoint, 'size' | 'root'>): void {
    const fault =
      cause instanceof Fault
        ? cause
        : new Fault('log-unavailable', `a checkpoint cannot be published: ${String(cause)}`, { cause });
    if (this.#fault?.message !== fault.message) this.#options.onFault(fault);
    this.#fault = fault;
    // A tree that is no continuation never becomes one.
    if (fault.code === 'log-corrupt') this.#broken = true;
    else if (this.#signed?.size !== head.size) {
      this.#failed = head;
      this.#retry.later(() => (this.#failed = undefined));
    }
  }

  /** Throws where the tree is not what its tiles make, or does not continue the one that was signed last. */
  #requireContinuation({ size, root }: Pick<Checkpoint, 'size' | 'root'>): void {
    const signed = this.#signed;
    const read = subtreeReader(this.#options.paths.log, size);
    const problem =
      signed !== undefined && size < signed.size
        ? `has ${size} entries, and ${signed.size} were signed`
        : rangeRoot(read, 0, size) !== root
          ? 'is not what its tiles on disk make'
          : signed !== undefined && rangeRoot(read, 0, signed.size) !== signed.root
            ? `does not continue the ${signed.size} entries that were signed`
            : undefined;
    if (problem !== undefined) throw new Fault('log-corrupt', `the log ${problem}: it is not signed any more`);
  }

  async #noteOf(head: Pick<Checkpoint, 'size' | 'root'>): Promise<string> {
    const { keys, clock, limits, onFault } = this.#options;
    const text = checkpointText({ origin: keys.origin, ...head });
    const sign = async ({ signer, verifier, required }: LogSigner): Promise<string> => {
      const deadline = AbortSignal.timeout(limits.signerDeadlineMs);
      try {
        return signatureLine(verifier.name, verifier.key, await signer.sign(Buffer.from(text), deadline));
      } catch (cause) {
        const fault = new Fault(
          'signer-unavailable',
          `the log's key in ${signer.place} does not sign: ${reason(cause)}`,
          { cause },
        );
        if (required) throw fault;
        onFault(fault);
        return '';
      }
    };
    const lines = await Promise.all(keys.signers(clock()).map(sign));
    const note = `${text}\n${lines.join('')}`;
    // What a signer far away made is looked at before anybody else does.
    if (openCheckpoint(note, keys.origin, keys.verifiers) === undefined)
      throw new Fault('signer-unavailable', `the log's key in ${keys.place} made a signature that is not its own`);
    return note;
  }
}

/** Where the newest witnessed checkpoint stands. */
export function witnessedPath(paths: AuditPaths): string {
  return join(paths.log, 'witnessed');
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
