/**
 * Asks all witnesses to cosign one checkpoint after another. A round is one checkpoint: it ends with the quorum, or once
 * every witness has answered or run out of time. A witness that lags goes on alone and misses the rounds meanwhile.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import { replaceFile } from '../durable-files.ts';
import { type Checkpoint, openCheckpoint } from '../log/checkpoint.ts';
import { openCosignatures } from '../log/cosignature.ts';
import { consistencyProof } from '../log/merkle.ts';
import type { NoteVerifier } from '../log/signed-note.ts';
import { logRoot, subtreeReader } from '../log/tile-log.ts';
import { type PolicyWitness, quorumHolds, quorumTime, type TlogPolicy } from '../log/tlog-policy.ts';
import type { AlarmKind } from './alarms.ts';
import { Retry } from './retry.ts';
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

export interface WitnessRoundsOptions {
  readonly origin: string;
  /** The log's tiles. */
  readonly directory: string;
  /** Where the newest witnessed checkpoint is kept. */
  readonly path: string;
  readonly policy: TlogPolicy;
  /** Keys that may have signed the log. */
  readonly verifiers: () => readonly NoteVerifier[];
  readonly limits: Limits;
  readonly clock: () => number;
  readonly fetch: Fetch;
  readonly onDisagreement: (found: Disagreement) => void;
  readonly onFault: (fault: Fault) => void;
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

interface Asked {
  readonly witness: PolicyWitness;
  /** The size of the newest tree that it is known to have cosigned. */
  size: number;
  at: number | undefined;
  fault: string | undefined;
  busy: boolean;
  failures: number;
  /** Milliseconds since 1970: not to be asked before. */
  notBefore: number;
}

interface Round {
  readonly checkpoint: SignedCheckpoint;
  /** Lines and times by the names of witnesses. */
  readonly lines: Map<string, { readonly line: string; readonly time: number }>;
}

export class WitnessRounds implements AsyncDisposable {
  readonly #options: WitnessRoundsOptions;
  readonly #asked: readonly Asked[];
  readonly #ended = new AbortController();
  readonly #retry: Retry;
  #offered: SignedCheckpoint | undefined;
  #newest: SignedCheckpoint | undefined;
  #running: Promise<void> | undefined;
  #laggards = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #hurried = false;
  #notBefore = 0;
  #onWitnessed: () => void = () => undefined;

  constructor(options: WitnessRoundsOptions) {
    this.#options = options;
    const { limits, policy } = options;
    this.#asked = policy.witnesses
      .filter(({ url }) => url !== undefined)
      .map((witness) => ({
        witness,
        size: 0,
        at: undefined,
        fault: undefined,
        busy: false,
        failures: 0,
        notBefore: 0,
      }));
    this.#retry = new Retry(limits.witnessRetryMs, limits.witnessMaxRetryMs, () => this.#start());
    this.#newest = this.#kept();
  }

  /** The newest checkpoint with the quorum; undefined where there is none yet. */
  get newest(): SignedCheckpoint | undefined {
    return this.#newest;
  }

  /** The time by which the quorum had cosigned it, in seconds since 1970, as the witnesses say. */
  get newestTime(): number | undefined {
    const { witnesses, quorum } = this.#options.policy;
    const found =
      this.#newest &&
      openCosignatures(
        this.#newest.note,
        witnesses.map(({ key }) => key),
      );
    const times = (found ?? []).flatMap(({ by, time }) => {
      const name = witnesses.find(({ key }) => key === by)?.name;
      return name === undefined ? [] : [[name, time] as const];
    });
    return quorumTime(quorum, new Map(times));
  }

  get views(): readonly WitnessView[] {
    return this.#asked.map(({ witness, size, at, fault }) => ({
      name: witness.name,
      key: witness.key.name,
      url: witness.url ?? '',
      ...(at === undefined ? {} : { size, at: new Date(at).toISOString() }),
      ...(fault === undefined ? {} : { fault }),
    }));
  }

  onWitnessed(listener: () => void): void {
    this.#onWitnessed = listener;
  }

  /** The log signed this one: it is the next to be witnessed. */
  offer(checkpoint: Checkpoint, note: string): void {
    this.#offered = { ...checkpoint, note };
    this.#start();
  }

  /** Somebody waits: the pause between rounds is left out once. */
  hurry(): void {
    this.#hurried = true;
    this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#retry[Symbol.dispose]();
    clearTimeout(this.#timer);
    await this.#running;
    await Promise.all(this.#laggards);
  }

  #start(): void {
    const next = this.#offered;
    const done = next === undefined || this.#newest?.note.startsWith(next.note) === true;
    if (done || this.#running !== undefined || this.#ended.signal.aborted) return;
    const pause = this.#hurried ? 0 : this.#notBefore - this.#options.clock();
    clearTimeout(this.#timer);
    if (pause > 0) {
      this.#timer = setTimeout(() => this.#start(), pause).unref();
      return;
    }
    this.#hurried = false;
    this.#running = this.#round(next).then((reached) => {
      this.#running = undefined;
      this.#notBefore = this.#options.clock() + this.#options.limits.witnessRoundMs;
      if (reached) {
        this.#retry.reset();
        this.#start();
      } else this.#retry.later();
    });
  }

  /** True where the quorum was reached. */
  async #round(checkpoint: SignedCheckpoint): Promise<boolean> {
    const round: Round = { checkpoint, lines: new Map() };
    const { policy, clock } = this.#options;
    const reached = Promise.withResolvers<boolean>();
    const look = () => {
      if (!quorumHolds(policy.quorum, new Set(round.lines.keys()))) return;
      this.#publish(round);
      reached.resolve(true);
    };
    const asking = this.#asked
      .filter(({ busy, notBefore }) => !busy && notBefore <= clock())
      .map(async (asked) => {
        asked.busy = true;
        await this.#ask(asked, round);
        asked.busy = false;
        look();
      });
    for (const one of asking) {
      this.#laggards.add(one);
      void one.finally(() => this.#laggards.delete(one));
    }
    look();
    void Promise.all(asking).then(() => reached.resolve(false));
    return reached.promise;
  }

  /** Asks one witness, again where it only wants another proof. */
  async #ask(asked: Asked, round: Round): Promise<void> {
    const { checkpoint } = round;
    const { limits, fetch, clock, directory } = this.#options;
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(limits.witnessDeadlineMs)]);
    const call = { fetch, signal, mostBytes: limits.witnessAnswerBytes };
    try {
      let answer: WitnessAnswer | undefined;
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const oldSize = Math.min(asked.size, checkpoint.size);
        const proof = consistencyProof(subtreeReader(directory, checkpoint.size), oldSize, checkpoint.size);
        // oxlint-disable-next-line no-await-in-loop -- each try hangs on the answer before
        answer = await addCheckpoint(asked.witness, { oldSize, proof, checkpoint: checkpoint.note }, call);
        if (answer.kind !== 'other-size' || answer.size > checkpoint.size) break;
        asked.size = answer.size;
      }
      if (answer?.kind === 'cosigned') {
        round.lines.set(asked.witness.name, answer);
        Object.assign(asked, { size: checkpoint.size, at: clock(), fault: undefined, failures: 0, notBefore: 0 });
        return;
      }
      await this.#no(asked, answer ?? { kind: 'refused', why: 'it gave no answer' }, checkpoint, call);
    } catch (cause) {
      // Ended by ourselves, it says nothing about the witness.
      if (!this.#ended.signal.aborted) this.#failed(asked, `it cannot be reached: ${reason(cause)}`);
    }
  }

  async #no(
    asked: Asked,
    answer: Exclude<WitnessAnswer, { kind: 'cosigned' }>,
    checkpoint: SignedCheckpoint,
    call: Parameters<typeof shownCheckpoint>[2],
  ): Promise<void> {
    const { name } = asked.witness;
    switch (answer.kind) {
      case 'refused':
        return this.#failed(asked, answer.why);
      case 'other-size': {
        asked.size = 0;
        if (answer.size <= Math.max(this.#offered?.size ?? 0, checkpoint.size))
          return this.#failed(asked, `it holds another size each time it is asked, now ${answer.size}`);
        const theirs = await this.#evidence(asked, call);
        this.#disagree({
          kind: 'rollback',
          ...this.#judge(theirs),
          witness: name,
          ours: checkpoint.note,
          theirSize: answer.size,
        });
        return this.#failed(asked, `it holds ${answer.size} entries of this log, which has ${checkpoint.size}`);
      }
      case 'inconsistent': {
        const theirs = await this.#evidence(asked, call);
        this.#disagree({ kind: 'split-view', ...this.#judge(theirs), witness: name, ours: checkpoint.note });
        return this.#failed(asked, 'it says that the log does not continue what it saw before (422)');
      }
      default:
        answer satisfies never;
    }
  }

  /** The checkpoint that the witness holds, where our own key signed it. */
  async #evidence(
    { witness }: Asked,
    call: Parameters<typeof shownCheckpoint>[2],
  ): Promise<SignedCheckpoint | undefined> {
    const { origin, verifiers } = this.#options;
    const note = await shownCheckpoint(witness, origin, call);
    const opened = note === undefined ? undefined : openCheckpoint(note, origin, verifiers());
    return note === undefined || opened === undefined ? undefined : { ...opened, note };
  }

  /** Proven is what our key signed and our log is not. */
  #judge(theirs: SignedCheckpoint | undefined): Pick<Disagreement, 'proven' | 'theirs'> {
    const ours = this.#offered;
    if (theirs === undefined || ours === undefined) return { proven: false };
    const continues =
      theirs.size <= ours.size && logRoot(this.#options.directory, ours.size, theirs.size) === theirs.root;
    return { proven: !continues, theirs: theirs.note };
  }

  #disagree(found: Disagreement): void {
    if (!this.#ended.signal.aborted) this.#options.onDisagreement(found);
  }

  #failed(asked: Asked, why: string): void {
    const { limits, clock, onFault } = this.#options;
    if (asked.fault !== why) onFault(new Fault('log-unavailable', `witness ${asked.witness.name}: ${why}`));
    asked.fault = why;
    const wait = Math.min(limits.witnessRetryMs * 2 ** Math.min(asked.failures++, 20), limits.witnessMaxRetryMs);
    asked.notBefore = clock() + wait;
  }

  /** Publishes the checkpoint with the lines that there are; again, where a laggard adds one. */
  #publish({ checkpoint, lines }: Round): void {
    if (this.#newest !== undefined && this.#newest.size > checkpoint.size) return;
    const note = `${checkpoint.note}${[...lines.values()].map(({ line }) => line).join('')}`;
    if (this.#newest?.note === note) return;
    try {
      replaceFile(this.#options.path, note, 0o644);
    } catch (cause) {
      this.#options.onFault(new Fault('log-unavailable', `${this.#options.path} cannot be written`, { cause }));
      return;
    }
    this.#newest = { ...checkpoint, note };
    this.#onWitnessed();
  }

  /** What a life before this one published, where it has the quorum of today. */
  #kept(): SignedCheckpoint | undefined {
    const { path, origin, policy, verifiers } = this.#options;
    if (!existsSync(path)) return undefined;
    const note = readFileSync(path, 'utf8');
    const opened = openCheckpoint(note, origin, verifiers());
    const cosigned =
      openCosignatures(
        note,
        policy.witnesses.map(({ key }) => key),
      ) ?? [];
    const names = policy.witnesses.filter(({ key }) => cosigned.some(({ by }) => by === key)).map(({ name }) => name);
    return opened !== undefined && quorumHolds(policy.quorum, new Set(names)) ? { ...opened, note } : undefined;
  }
}

const MAX_TRIES = 3;

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
