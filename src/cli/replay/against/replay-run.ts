import { type Comparison, compareReplies } from './compare-replies.ts';
import { order, type RecordedExchange } from './recorded-run.ts';
import type { SkipReason, Step } from './replay-plan.ts';
import { binaryFormats, readReply } from './reply-content.ts';
import type { WireSession } from './wire-session.ts';

/** What became of one thing that was recorded. */
export interface ReplayedExchange {
  readonly session: string;
  readonly exchange: number;
  readonly text: string;
  readonly outcome: 'same' | 'different' | 'unstable' | 'skipped';
  readonly comparison?: Comparison;
  readonly skipped?: { readonly reason: SkipReason | 'connection'; readonly detail: string };
  /** Why its reply need not be the same twice. */
  readonly unstable?: 'function' | 'differs-from-itself';
  readonly tookMs?: number;
}

export interface ReplayOptions {
  /** A connection for one recorded session. */
  readonly connect: (session: string) => Promise<WireSession>;
  readonly readOnly: boolean;
  readonly statementMs: number;
  readonly onExchange?: (done: ReplayedExchange) => void;
}

/**
 * Sends the steps again. Sessions are interleaved as they were: a request waits until everything has been answered that
 * had been answered when it was made, and runs beside what was under way then.
 */
export async function replaySteps(
  steps: readonly Step[],
  options: ReplayOptions,
): Promise<readonly ReplayedExchange[]> {
  const sessions = new Sessions(options, lastSteps(steps));
  const byEnd = steps
    .map((_, index) => index)
    .toSorted((a, b) => order(stepAt(steps, a).ended, stepAt(steps, b).ended));
  const done: Promise<ReplayedExchange>[] = [];
  const ofSession = new Map<string, Promise<unknown>>();
  /** Settles when all that ended before are through; grows as requests are reached that came after them. */
  let barrier: Promise<unknown> = Promise.resolve();
  let counted = 0;
  try {
    for (const step of steps) {
      const { began, session } = step.exchange;
      const before: Promise<unknown>[] = [barrier];
      while (counted < byEnd.length && order(stepAt(steps, byEnd[counted] ?? 0).ended, began) < 0) {
        const ended = done[byEnd[counted] ?? 0];
        if (ended === undefined) break;
        before.push(ended);
        counted++;
      }
      barrier = Promise.all(before);
      const ready = Promise.all([barrier, ofSession.get(session)]);
      const replayed = ready.then(() => sessions.replay(step));
      done.push(replayed.then((one) => tell(one, options)));
      ofSession.set(session, replayed);
    }
    return await Promise.all(done);
  } finally {
    await Promise.allSettled(done);
    await sessions[Symbol.asyncDispose]();
  }
}

function stepAt(steps: readonly Step[], index: number): RecordedExchange {
  return (steps[index] as Step).exchange;
}

function tell(one: ReplayedExchange, { onExchange }: ReplayOptions): ReplayedExchange {
  onExchange?.(one);
  return one;
}

/** The last step of each session, after which its connection ends. */
function lastSteps(steps: readonly Step[]): ReadonlyMap<string, Step> {
  return new Map(steps.map((step) => [step.exchange.session, step]));
}

class Sessions implements AsyncDisposable {
  readonly #options: ReplayOptions;
  readonly #last: ReadonlyMap<string, Step>;
  readonly #open = new Map<string, Promise<WireSession>>();

  constructor(options: ReplayOptions, last: ReadonlyMap<string, Step>) {
    this.#options = options;
    this.#last = last;
  }

  async replay(step: Step): Promise<ReplayedExchange> {
    const { session } = step.exchange;
    try {
      return await this.#replay(step);
    } finally {
      if (this.#last.get(session) === step) await this.#close(session);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#open.keys()) await this.#close(session);
  }

  async #replay(step: Step): Promise<ReplayedExchange> {
    const { exchange, text } = step;
    const named = { session: exchange.session, exchange: exchange.exchange, text };
    if (step.kind === 'skip') {
      return { ...named, outcome: 'skipped', skipped: { reason: step.reason, detail: step.detail } };
    }
    const recorded = exchange.reply?.bytes;
    const signal = AbortSignal.timeout(this.#options.statementMs);
    let reply;
    try {
      const wire = await this.#session(exchange.session);
      reply = await wire.send(step.sending, recorded === undefined ? [] : binaryFormats(recorded), signal);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      return { ...named, outcome: 'skipped', skipped: { reason: 'connection', detail } };
    }
    const { tookMs } = reply;
    const content = readReply(reply.bytes);
    if (this.#options.readOnly && content.error?.code === READ_ONLY) {
      const detail = 'it would have changed something, and its session may not';
      return { ...named, outcome: 'skipped', skipped: { reason: 'writes', detail }, tookMs };
    }
    if (recorded === undefined) {
      const detail = exchange.reply?.missing ?? 'how it ended was not recorded';
      return { ...named, outcome: 'skipped', skipped: { reason: 'not-recorded', detail }, tookMs };
    }
    const comparison = compareReplies(readReply(recorded), content, exchange.masked.length > 0);
    return { ...named, ...judge(comparison, step), comparison, tookMs };
  }

  #session(session: string): Promise<WireSession> {
    const known = this.#open.get(session);
    if (known !== undefined) return known;
    const opening = this.#options.connect(session);
    this.#open.set(session, opening);
    return opening;
  }

  async #close(session: string): Promise<void> {
    const opening = this.#open.get(session);
    this.#open.delete(session);
    const wire = await opening?.catch(() => undefined);
    await wire?.[Symbol.asyncDispose]();
  }
}

/** SQLSTATE of a write in a transaction that only reads (manual, appendix A). */
const READ_ONLY = '25006';

/** What need not say the same twice: times, chance, numbers of the server's own. */
const UNSTABLE =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|random_normal|gen_random_uuid|uuid_generate_v\d\w*|uuidv[47]|nextval|currval|lastval|pg_backend_pid|pg_postmaster_start_time|pg_current_\w+|pg_last_\w+|inet_(?:client|server)_(?:addr|port)|version|age)\s*\(|\b(?:current_(?:timestamp|date|time)|localtime(?:stamp)?)\b|\bpg_stat_\w+/i;

function judge({ differences }: Comparison, { text }: Step): Pick<ReplayedExchange, 'outcome' | 'unstable'> {
  if (differences.length === 0) return { outcome: 'same' };
  const isValues = differences.every(({ kind }) => kind === 'value');
  return isValues && UNSTABLE.test(text) ? { outcome: 'unstable', unstable: 'function' } : { outcome: 'different' };
}
