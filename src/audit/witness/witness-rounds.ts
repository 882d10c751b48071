/**
 * Asks all witnesses to cosign one checkpoint after another. A round is one checkpoint: it ends with the quorum, or once
 * every witness has answered or run out of time. A witness that lags goes on alone and misses the rounds meanwhile.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { quorumHolds, quorumTime } from '../c2sp/quorum.ts';
import { replaceFile } from '../durable-files.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { openCosignatures } from '../log/cosignature.ts';
import type { NoteVerifier } from '../log/signed-note.ts';
import type { TlogPolicy } from '../log/tlog-policy.ts';
import { AskedWitness, type Disagreement, type SignedCheckpoint, type WitnessView } from './asked-witness.ts';
import { Retry } from './retry.ts';
import type { Fetch } from './witness-client.ts';

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

interface Round {
  readonly checkpoint: SignedCheckpoint;
  /** Lines and times by the names of witnesses. */
  readonly lines: Map<string, { readonly line: string; readonly time: number }>;
}

export class WitnessRounds implements AsyncDisposable {
  readonly #options: WitnessRoundsOptions;
  readonly #asked: readonly AskedWitness[];
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
    const asking = { ...options, newest: () => this.#offered, ended: this.#ended.signal };
    this.#asked = policy.witnesses.flatMap((one) => (one.url === undefined ? [] : [new AskedWitness(one, asking)]));
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
    return this.#asked.map(({ view }) => view);
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
    const { policy } = this.#options;
    const reached = Promise.withResolvers<boolean>();
    const look = () => {
      if (!quorumHolds(policy.quorum, new Set(round.lines.keys()))) return;
      this.#publish(round);
      reached.resolve(true);
    };
    const asking = this.#asked
      .filter((asked) => asked.isReady)
      .map(async (asked) => {
        const cosigned = await asked.ask(checkpoint);
        if (cosigned !== undefined) round.lines.set(asked.name, cosigned);
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
