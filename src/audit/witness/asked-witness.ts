/** One witness as a log asks it: what it is known to have seen, and what its answers mean. */

import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { consistencyProof } from '../log/merkle.ts';
import type { NoteVerifier } from '../log/signed-note.ts';
import { logRoot, subtreeReader } from '../log/tile-log.ts';
import type { PolicyWitness } from '../log/tlog-policy.ts';
import type { AlarmKind } from './alarms.ts';
import { addCheckpoint, type Fetch, shownCheckpoint, type WitnessAnswer } from './witness-client.ts';

export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

/** What a witness says that our log is not. */
export interface Disagreement {
  readonly kind: AlarmKind;
  readonly proven: boolean;
  readonly witness: string;
  readonly ours: string;
  readonly theirs?: string;
  readonly theirSize?: number;
}

/** One witness, as it is shown. */
export interface WitnessView {
  readonly name: string;
  readonly key: string;
  readonly url: string;
  /** Entries of the newest checkpoint that it cosigned for us, and when; in this life of the gateway. */
  readonly size?: number;
  /** RFC 3339. */
  readonly at?: string;
  /** Why its last answer was none. */
  readonly fault?: string;
}

export interface AskingOptions {
  readonly origin: string;
  /** The log's tiles. */
  readonly directory: string;
  /** Keys that may have signed the log. */
  readonly verifiers: () => readonly NoteVerifier[];
  readonly limits: Limits;
  readonly clock: () => number;
  readonly fetch: Fetch;
  /** The newest checkpoint that the log signed. */
  readonly newest: () => SignedCheckpoint | undefined;
  readonly ended: AbortSignal;
  readonly onDisagreement: (found: Disagreement) => void;
  readonly onFault: (fault: Fault) => void;
}

const MAX_TRIES = 3;

export class AskedWitness {
  readonly #witness: PolicyWitness;
  readonly #options: AskingOptions;
  /** The size of the newest tree that it is known to have cosigned. */
  #size = 0;
  #at: number | undefined;
  #fault: string | undefined;
  #busy = false;
  #failures = 0;
  /** Milliseconds since 1970: not to be asked before. */
  #notBefore = 0;

  constructor(witness: PolicyWitness, options: AskingOptions) {
    this.#witness = witness;
    this.#options = options;
  }

  get name(): string {
    return this.#witness.name;
  }

  /** False while it is being asked, and for a while after it failed. */
  get isReady(): boolean {
    return !this.#busy && this.#notBefore <= this.#options.clock();
  }

  get view(): WitnessView {
    const { name, key, url = '' } = this.#witness;
    return {
      name,
      key: key.name,
      url,
      ...(this.#at === undefined ? {} : { size: this.#size, at: new Date(this.#at).toISOString() }),
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
    };
  }

  /** Asks for a cosignature, again where only another proof is wanted; undefined where there is none. Never rejects. */
  async ask(checkpoint: SignedCheckpoint): Promise<{ readonly line: string; readonly time: number } | undefined> {
    const { limits, fetch, clock, ended } = this.#options;
    const signal = AbortSignal.any([ended, AbortSignal.timeout(limits.witnessDeadlineMs)]);
    const call = { fetch, signal, mostBytes: limits.witnessAnswerBytes };
    this.#busy = true;
    try {
      const answer = await this.#offer(checkpoint, call);
      if (answer.kind !== 'cosigned') {
        await this.#no(answer, checkpoint, call);
        return undefined;
      }
      [this.#size, this.#at] = [checkpoint.size, clock()];
      [this.#fault, this.#failures, this.#notBefore] = [undefined, 0, 0];
      return answer;
    } catch (cause) {
      // Ended by ourselves, it says nothing about the witness.
      if (!ended.aborted) this.#failed(`it cannot be reached: ${reason(cause)}`);
      return undefined;
    } finally {
      this.#busy = false;
    }
  }

  async #offer(checkpoint: SignedCheckpoint, call: Call): Promise<WitnessAnswer> {
    let answer: WitnessAnswer = { kind: 'refused', why: 'it gave no answer' };
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const oldSize = Math.min(this.#size, checkpoint.size);
      const proof = consistencyProof(subtreeReader(this.#options.directory, checkpoint.size), oldSize, checkpoint.size);
      answer = await addCheckpoint(this.#witness, { oldSize, proof, checkpoint: checkpoint.note }, call);
      if (answer.kind !== 'other-size' || answer.size > checkpoint.size) return answer;
      this.#size = answer.size;
    }
    return answer;
  }

  async #no(answer: Exclude<WitnessAnswer, { kind: 'cosigned' }>, ours: SignedCheckpoint, call: Call): Promise<void> {
    switch (answer.kind) {
      case 'refused':
        return this.#failed(answer.why);
      case 'other-size': {
        this.#size = 0;
        if (answer.size <= Math.max(this.#options.newest()?.size ?? 0, ours.size))
          return this.#failed(`it holds another size each time it is asked, now ${answer.size}`);
        this.#disagree({ kind: 'rollback', ...(await this.#evidence(call)), ours: ours.note, theirSize: answer.size });
        return this.#failed(`it holds ${answer.size} entries of this log, which has ${ours.size}`);
      }
      case 'inconsistent':
        this.#disagree({ kind: 'split-view', ...(await this.#evidence(call)), ours: ours.note });
        return this.#failed('it says that the log does not continue what it saw before (422)');
      default:
        return answer satisfies never;
    }
  }

  /** The checkpoint that it holds, where our own key signed it: proof, where our log is no continuation of that. */
  async #evidence(call: Call): Promise<Pick<Disagreement, 'proven' | 'theirs'>> {
    const { origin, verifiers, directory, newest } = this.#options;
    const note = await shownCheckpoint(this.#witness, origin, call);
    const theirs = note === undefined ? undefined : openCheckpoint(note, origin, verifiers());
    const ours = newest();
    if (note === undefined || theirs === undefined || ours === undefined) return { proven: false };
    const continues = theirs.size <= ours.size && logRoot(directory, ours.size, theirs.size) === theirs.root;
    return { proven: !continues, theirs: note };
  }

  #disagree(found: Omit<Disagreement, 'witness'>): void {
    const { ended, onDisagreement } = this.#options;
    if (!ended.aborted) onDisagreement({ ...found, witness: this.name });
  }

  #failed(why: string): void {
    const { limits, clock, onFault } = this.#options;
    if (this.#fault !== why) onFault(new Fault('log-unavailable', `witness ${this.name}: ${why}`));
    this.#fault = why;
    const wait = Math.min(limits.witnessRetryMs * 2 ** Math.min(this.#failures++, 20), limits.witnessMaxRetryMs);
    this.#notBefore = clock() + wait;
  }
}

type Call = Parameters<typeof shownCheckpoint>[2];

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
