import type { WaitingNotice } from '../../protocol.ts';
import { isObject, type JsonObject, objectAt, textAt } from '../canonical-json.ts';

/** How a call ended, in JSON-RPC's words. */
export type TaskAnswer =
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly error: JsonObject };

export type TaskStatus = 'working' | 'completed' | 'failed' | 'cancelled';

export interface HeldTaskParts {
  readonly id: string;
  /** 2026-07-28's words, or those of 2025-11-25. */
  readonly modern: boolean;
  readonly now: () => number;
  readonly keptMs: number;
  readonly pollMs: number;
  /** Takes the call back, wherever it is. */
  readonly cancel: () => Promise<void>;
  /** Told once, when it is over. */
  readonly onOver: (task: HeldTask) => void;
}

/**
 * A tool's call that goes on after its request was answered: it waits for people, runs at the target once they approved, and
 * keeps what came of it (Tasks of 2025-11-25, and the extension of 2026-07-28).
 */
export class HeldTask {
  readonly id: string;
  readonly modern: boolean;
  readonly createdAtMs: number;
  /** What the call came to, once it is over; also of one that was cancelled. */
  readonly answered: Promise<TaskAnswer>;
  readonly #parts: HeldTaskParts;
  readonly #answering = Promise.withResolvers<TaskAnswer>();
  #status: TaskStatus = 'working';
  #message: string | undefined;
  #updatedAtMs: number;
  /** When it will have been forgotten; undefined while nobody can tell. */
  #untilMs: number | undefined;
  #answer: TaskAnswer | undefined;
  #handed: string | undefined;

  constructor(parts: HeldTaskParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.modern = parts.modern;
    this.answered = this.#answering.promise;
    this.createdAtMs = this.#updatedAtMs = parts.now();
  }

  get isOver(): boolean {
    return this.#status !== 'working' || this.#handed !== undefined;
  }

  /** When it may be forgotten; undefined while it goes on. */
  get untilMs(): number | undefined {
    return this.isOver ? this.#untilMs : undefined;
  }

  /** What is kept of it, roughly. */
  get bytes(): number {
    return this.#answer === undefined ? 0 : JSON.stringify(this.#answer).length;
  }

  /** The gateway's id of the task that the server made of the call: from then on that one is what is asked about. */
  get handed(): string | undefined {
    return this.#handed;
  }

  waits({ approval, url, groups, expiresAt }: WaitingNotice): void {
    this.#say(`Waits for people of ${groups.join(', ')} to approve this call: ${approval}, at ${url}`);
    this.#untilMs = Date.parse(expiresAt) + this.#parts.keptMs;
  }

  runs(): void {
    this.#say('Runs at the target.');
    this.#untilMs = undefined;
  }

  /** How far the server says it is. */
  progressed(message: string): void {
    this.#say(message);
  }

  /** It is over, with what its client would have been answered; `status` where that does not say it. */
  settle(answer: TaskAnswer, status?: 'cancelled'): void {
    if (this.#answer !== undefined) return;
    this.#answer = answer;
    this.#answering.resolve(answer);
    const made = madeBy(answer);
    if (made !== undefined && !this.isOver) this.#hand(made);
    else this.#end(status ?? statusOf(answer, this.modern), wordsOf(answer));
  }

  /** False where it is over already. */
  cancel(): boolean {
    if (this.isOver) return false;
    this.settle(CANCELLED, 'cancelled');
    // Whatever becomes of the call, the task is cancelled; that it cannot be taken back any more changes nothing.
    this.#parts.cancel().catch(() => undefined);
    return true;
  }

  /** A task as its revision writes it; in the new one with what came of it. */
  told(): JsonObject {
    const { modern, pollMs } = this.#parts;
    const ttl = this.#untilMs === undefined ? null : Math.max(0, Math.round(this.#untilMs - this.createdAtMs));
    const common = {
      taskId: this.id,
      status: this.#status,
      ...(this.#message === undefined ? {} : { statusMessage: this.#message }),
      createdAt: new Date(this.createdAtMs).toISOString(),
      lastUpdatedAt: new Date(this.#updatedAtMs).toISOString(),
    };
    if (!modern) return { ...common, ttl, pollInterval: pollMs };
    return { ...common, ttlMs: ttl, pollIntervalMs: pollMs, ...this.#outcome() };
  }

  #outcome(): JsonObject {
    if (this.#answer === undefined || this.#status === 'cancelled') return {};
    return this.#answer.kind === 'result' ? { result: this.#answer.result } : { error: this.#answer.error };
  }

  #hand(task: JsonObject): void {
    const { ttl, ttlMs = ttl } = task;
    this.#handed = textAt(task, 'taskId');
    const most = typeof ttlMs === 'number' ? Math.min(ttlMs, MOST_HANDED_MS) : MOST_HANDED_MS;
    this.#untilMs = this.#parts.now() + Math.max(most, this.#parts.keptMs);
    this.#parts.onOver(this);
  }

  #end(status: TaskStatus, message: string | undefined): void {
    if (this.isOver) return;
    this.#status = status;
    this.#message = undefined;
    this.#say(message);
    this.#untilMs = this.#parts.now() + this.#parts.keptMs;
    this.#parts.onOver(this);
  }

  #say(message: string | undefined): void {
    if (message !== undefined) this.#message = message.slice(0, MOST_WORDS);
    this.#updatedAtMs = this.#parts.now();
  }
}

const CANCELLED: TaskAnswer = {
  kind: 'result',
  result: { content: [{ type: 'text', text: 'The client cancelled this call.' }], isError: true },
};

/** So long a task of the server's own is found by the id that its client knows, at most. */
const MOST_HANDED_MS = 24 * 60 * 60_000;
const MOST_WORDS = 2_000;

/** In 2025-11-25 a tool that says `isError` has failed; in 2026-07-28 it has completed, and says so. */
function statusOf(answer: TaskAnswer, modern: boolean): TaskStatus {
  if (answer.kind === 'error') return 'failed';
  return !modern && answer.result['isError'] === true ? 'failed' : 'completed';
}

/** The task that a server made of the call, where it did. */
function madeBy(answer: TaskAnswer): JsonObject | undefined {
  if (answer.kind === 'error') return undefined;
  const { result } = answer;
  const task = result['resultType'] === 'task' ? result : objectAt(result, 'task');
  return textAt(task, 'taskId') === undefined ? undefined : task;
}

function wordsOf(answer: TaskAnswer): string | undefined {
  if (answer.kind === 'error') return textAt(answer.error, 'message');
  const { isError, content } = answer.result;
  const [first] = Array.isArray(content) ? content : [];
  return isError === true && isObject(first) ? textAt(first, 'text') : undefined;
}
