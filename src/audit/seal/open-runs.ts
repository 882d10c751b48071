/** The runs that are open, as the sealer keeps them: their keys, and how many of their sessions closed. */
import { hash } from 'node:crypto';
import type { RunKeys } from '../audit-keys.ts';
import { CompactRange, leafHash } from '../log/merkle.ts';
import type { LogWriter } from './log-writer.ts';
import type { RunState } from './seal-state.ts';

interface OpenRun {
  readonly id: string;
  readonly key: Uint8Array;
  /** A tree over the `session.close` entries of its sessions. */
  readonly closed: CompactRange;
  openSessions: number;
  termination: string | undefined;
}

export class OpenRuns {
  readonly #keys: RunKeys;
  readonly #log: LogWriter;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #runs = new Map<string, OpenRun>();
  /** Key files that are not written yet. */
  readonly #files = new Map<string, Buffer>();

  constructor(keys: RunKeys, log: LogWriter, random: (bytes: number) => Uint8Array) {
    this.#keys = keys;
    this.#log = log;
    this.#random = random;
  }

  resume(state: RunState): void {
    const { id, closed, termination } = state;
    // Where the key was erased while the run was open, what is still to be sealed goes under one that nobody keeps.
    const { key } = this.#keys.make(id, this.#random);
    this.#add(id, key, new CompactRange(closed.size, closed.roots), termination);
  }

  open(id: string, evidence: { readonly [name: string]: string }): void {
    if (this.#runs.has(id)) return;
    const { key, file, known } = this.#keys.make(id, this.#random);
    if (!known) this.#files.set(id, file);
    this.#add(id, key, new CompactRange(), undefined);
    this.#log.append('run.open', { ...evidence, keyDigest: hash('sha256', file, 'hex'), run: id });
  }

  /** The key of a run that is open. */
  key(id: string): Uint8Array | undefined {
    return this.#runs.get(id)?.key;
  }

  sessionOpened(id: string): void {
    const run = this.#runs.get(id);
    if (run !== undefined) run.openSessions++;
  }

  /** A session ended with this entry in the log. */
  sessionClosed(id: string, entry: Buffer): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    run.openSessions--;
    run.closed.append(leafHash(entry));
    if (run.termination !== undefined && run.openSessions === 0) this.#close(run, run.termination);
  }

  /** The run ended; it closes in the log once the last of its sessions has. */
  end(id: string, termination: string): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    run.termination = termination;
    if (run.openSessions === 0) this.#close(run, termination);
  }

  /** Closes all of them, as `termination` where they had not ended. */
  closeAll(termination: string): void {
    for (const run of this.#runs.values()) this.#close(run, run.termination ?? termination);
  }

  /** Writes the key files that are new, durably. */
  writeKeys(): void {
    for (const [id, file] of this.#files) {
      this.#keys.write(id, file);
      this.#files.delete(id);
    }
  }

  state(): RunState[] {
    const states: RunState[] = [];
    for (const { id, closed, termination } of this.#runs.values()) {
      const state = { id, closed: { size: closed.size, roots: closed.roots } };
      states.push(termination === undefined ? state : { ...state, termination });
    }
    return states;
  }

  #add(id: string, key: Uint8Array, closed: CompactRange, termination: string | undefined): void {
    this.#runs.set(id, { id, key, closed, openSessions: 0, termination });
  }

  #close(run: OpenRun, termination: string): void {
    this.#runs.delete(run.id);
    const { id, closed } = run;
    this.#log.append('run.close', {
      run: id,
      sessions: String(closed.size),
      sessionsRoot: closed.root(),
      termination,
    });
  }
}
