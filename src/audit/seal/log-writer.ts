/** The log of the deployment as the sealer writes it: entries in, tiles and signed checkpoints out. */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { AuditKeys } from '../audit-keys.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { replaceFile } from '../durable-files.ts';
import { openCheckpoint, signCheckpoint } from '../log/checkpoint.ts';
import { noteVerifier } from '../log/signed-note.ts';
import { logRoot, TileLog, truncateTiles } from '../log/tile-log.ts';
import type { SealState } from './seal-state.ts';
import { isoTime } from './sealed-session.ts';

export class LogWriter {
  readonly #paths: AuditPaths;
  readonly #keys: AuditKeys;
  readonly #clock: () => number;
  readonly #tiles: TileLog;
  #lastEntryAt: number;
  #published: number;

  /** Takes up the log where `state` left it. Throws where it is not the one that was signed, or is less of it. */
  constructor(paths: AuditPaths, keys: AuditKeys, state: SealState['log'], clock: () => number) {
    this.#paths = paths;
    this.#keys = keys;
    this.#clock = clock;
    this.#lastEntryAt = clock();
    truncateTiles(paths.log, state.size);
    this.#tiles = new TileLog(paths.log, state.size);
    if (this.#tiles.root() !== state.root) {
      throw new Fault('log-corrupt', 'the tiles of the log are not those that it was built with');
    }
    this.#published = this.#signedSize();
  }

  get state(): SealState['log'] {
    return { size: this.#tiles.size, root: this.#tiles.root() };
  }

  get size(): number {
    return this.#tiles.size;
  }

  /** True while the newest entry is under no checkpoint. */
  get unpublished(): boolean {
    return this.#published !== this.#tiles.size;
  }

  get lastEntryAt(): number {
    return this.#lastEntryAt;
  }

  /** Appends an entry, a small commitment in canonical JSON, and returns its bytes. */
  append(kind: string, members: { readonly [name: string]: Json }): Buffer {
    this.#lastEntryAt = this.#clock();
    const entry = Buffer.from(canonicalJson({ ...members, at: isoTime(this.#lastEntryAt), kind, v: 1 }));
    this.#tiles.append(entry);
    return entry;
  }

  /** Makes the tiles durable. */
  flush(): void {
    this.#tiles.flush();
  }

  /** Signs and publishes the tree. To be called once everything that it commits to is durable. */
  publish(): void {
    const { origin, log } = this.#keys;
    const note = signCheckpoint({ origin, ...this.state }, { name: origin, key: log });
    replaceFile(this.#paths.checkpoint, note, 0o644);
    this.#published = this.#tiles.size;
    this.#tiles.tidy();
  }

  #signedSize(): number {
    if (!existsSync(this.#paths.checkpoint)) return -1;
    const { origin, log } = this.#keys;
    const verifier = noteVerifier(origin, createPublicKey(log));
    const signed = openCheckpoint(readFileSync(this.#paths.checkpoint, 'utf8'), origin, [verifier]);
    if (signed === undefined) {
      throw new Fault('log-corrupt', `${this.#paths.checkpoint} is not signed by this log's key`);
    }
    if (signed.size > this.size) {
      throw new Fault(
        'log-corrupt',
        `the log has ${this.size} entries and ${signed.size} were signed: it was rolled back`,
      );
    }
    if (logRoot(this.#paths.log, this.size, signed.size) !== signed.root) {
      throw new Fault('log-corrupt', 'the log is not the one that was signed');
    }
    return signed.size;
  }
}
