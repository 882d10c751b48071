/**
 * What is kept of a run's evidence beside the log: its manifest and statement, what they cannot be made of again, and
 * which proofs go with them, so that a later download has the same bytes.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertFileName } from '../audit-paths.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { ensureDirectory, replaceFile, syncDirectory } from '../durable-files.ts';

export interface KeptRecord {
  readonly v: 1;
  readonly manifestIndex: number;
  /** SHA-256 of the manifest, hex. */
  readonly manifestDigest: string;
  /** The signed note that the proofs are against, and whether enough witnesses cosigned it. */
  readonly checkpoint: string;
  readonly witnessed: boolean;
  /** Indices of the entries that the bundle holds. */
  readonly entries: readonly number[];
  readonly timestamps: readonly KeptTimestamp[];
  /** The bodies' key was gone when this was written. */
  readonly erased: boolean;
}

export interface KeptTimestamp {
  readonly url: string;
  /** RFC 3339; absent where the authority has not answered yet. */
  readonly at?: string;
  /** Base64 of the response. */
  readonly response?: string;
}

export class KeptEvidence {
  readonly #directory: string;

  /** `directory` is made where it does not exist. */
  constructor(directory: string) {
    this.#directory = directory;
    ensureDirectory(join(directory, 'policies'));
    ensureDirectory(join(directory, 'unfinished'));
  }

  /** What the run's evidence is, once it was made; undefined before. */
  record(run: string): KeptRecord | undefined {
    const bytes = this.read(run, RECORD);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as KeptRecord);
  }

  writeRecord(run: string, record: KeptRecord): void {
    this.write(run, RECORD, canonicalJson(record as unknown as Json));
  }

  /** A file of the run's by its path in the bundle. */
  read(run: string, path: string): Buffer | undefined {
    const file = this.#path(run, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  /** Durable once it returns. */
  write(run: string, path: string, bytes: Uint8Array | string): void {
    ensureDirectory(join(this.#directory, named(run)));
    replaceFile(this.#path(run, path), bytes);
  }

  remove(run: string, path: string): void {
    rmSync(this.#path(run, path), { force: true });
  }

  policy(digest: string): Buffer | undefined {
    const file = this.#policyPath(digest);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  writePolicy(digest: string, text: string): void {
    if (this.policy(digest) === undefined) replaceFile(this.#policyPath(digest), text);
  }

  /** Runs whose evidence was begun and lacks something, sorted. */
  unfinished(): readonly string[] {
    return readdirSync(join(this.#directory, 'unfinished'))
      .filter((name) => !name.endsWith('.tmp'))
      .sort();
  }

  /** The evidence is being made anew: what was made before does not count any more. */
  begin(run: string): void {
    replaceFile(join(this.#directory, 'unfinished', named(run)), '');
    this.remove(run, RECORD);
  }

  finish(run: string): void {
    rmSync(join(this.#directory, 'unfinished', named(run)), { force: true });
    syncDirectory(join(this.#directory, 'unfinished'));
  }

  #path(run: string, path: string): string {
    return join(this.#directory, named(run), path.replaceAll('/', '-'));
  }

  #policyPath(digest: string): string {
    return join(this.#directory, 'policies', `${named(digest)}.json`);
  }
}

const RECORD = 'kept.json';

function named(id: string): string {
  assertFileName(id);
  return id;
}
