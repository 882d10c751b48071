import type { JsonValue } from '../../../model/http.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { IncomingRequest } from '../../http/message.ts';
import type { HttpPart } from '../../http/parts.ts';
import type { WaitingNotice } from '../../protocol.ts';
import { answerInJson } from '../answer-in-json.ts';
import { isObject, type JsonObject, objectAt, textAt } from '../canonical-json.ts';
import { McpPart } from '../mcp-part.ts';
import type { RpcRequest } from '../message.ts';
import { isModern } from '../versions.ts';
import type { HeldTask } from './held-task.ts';
import type { HeldTasks, Whose } from './held-tasks.ts';

export interface TaskWayParts {
  readonly tasks: HeldTasks;
  readonly whose: Whose;
  readonly incoming: IncomingRequest;
  readonly message: RpcRequest;
  readonly version: string;
  /** True where the client asked for a task that the server would not make: it is one whether people are asked or not. */
  readonly always: boolean;
  readonly session: { goApart(): void; cancel(): Promise<void> };
}

/** How one call becomes a task: its request is answered, and what comes of it is kept for its client to ask for. */
export class TaskWay {
  /** Resolves once the client was answered. */
  readonly apart: Promise<'apart'>;
  readonly #parts: TaskWayParts;
  readonly #leaving = Promise.withResolvers<'apart'>();
  #task: HeldTask | undefined;

  constructor(parts: TaskWayParts) {
    this.#parts = parts;
    this.apart = this.#leaving.promise;
  }

  /** The task, once the call is one. */
  get task(): HeldTask | undefined {
    return this.#task;
  }

  /** Whether its client has asked for a task. */
  get always(): boolean {
    return this.#parts.always;
  }

  /** People are asked: true where the client was told so by a task. */
  waits(notice: WaitingNotice): boolean {
    const { incoming } = this.#parts;
    // One that has left gets no task: nobody would ever ask for it.
    if (this.#task === undefined && !incoming.signal.aborted) this.#begin((task) => task.waits(notice));
    else this.#task?.waits(notice);
    return this.#task !== undefined;
  }

  /** It is sent to the server now. Throws `Refused` where it must be a task, and there is no room for one more. */
  runs(): void {
    if (this.#task === undefined && this.#parts.always) this.#begin(() => undefined);
    if (this.#task === undefined && this.#parts.always) throw new Refused(NO_ROOM);
    this.#task?.runs();
  }

  /** What the server says: its answer ends the task, and how far it is stands in the task meanwhile. */
  reply(part: HttpPart): undefined {
    const task = this.#task;
    if (!(part instanceof McpPart)) {
      if (part.trailers !== undefined) task?.settle({ kind: 'error', error: NO_MESSAGE });
      return;
    }
    const { said } = part;
    const texts = said.kind === 'message' ? [said.text] : said.blocks.flatMap(({ data }) => data ?? []);
    for (const text of texts) this.#hear(text === '' ? undefined : (JSON.parse(text) as JsonValue));
    if (part.trailers !== undefined) task?.settle({ kind: 'error', error: NO_ANSWER });
  }

  /** Nothing comes of it, in these words. */
  refused(told: JsonValue | undefined, { code, message }: Refusal): void {
    const status = code === 'approval-cancelled' ? 'cancelled' : undefined;
    const result = objectAt(told, 'result');
    const error = isObject(told) && isObject(told['error']) ? told['error'] : { code: -32603, message };
    if (Object.keys(result).length > 0) this.#task?.settle({ kind: 'result', result }, status);
    else this.#task?.settle({ kind: 'error', error }, status);
  }

  #begin(first: (task: HeldTask) => void): void {
    const { tasks, whose, incoming, message, version, session } = this.#parts;
    const modern = isModern(version);
    const task = tasks.open(whose, modern, () => session.cancel());
    if (task === undefined) return;
    this.#task = task;
    first(task);
    session.goApart();
    const result = modern ? { ...task.told(), resultType: 'task' } : { task: task.told() };
    answerInJson(incoming, { status: 200, message: { jsonrpc: '2.0', id: message.id, result } }, undefined);
    this.#leaving.resolve('apart');
  }

  #hear(message: JsonValue | undefined): void {
    if (!isObject(message)) return;
    if (message['method'] === 'notifications/progress') {
      const words = textAt(objectAt(message, 'params'), 'message');
      if (words !== undefined) this.#task?.progressed(words);
    }
    if (message['method'] !== undefined || message['id'] !== this.#parts.message.id) return;
    const { result, error } = message;
    if (isObject(result)) this.#task?.settle({ kind: 'result', result });
    else if (isObject(error)) this.#task?.settle({ kind: 'error', error });
  }
}

const NO_ANSWER: JsonObject = { code: -32603, message: 'the server did not answer the call' };
const NO_MESSAGE: JsonObject = { code: -32603, message: 'the target answered with what is no message of MCP' };
export const NO_ROOM: Refusal = {
  code: 'rate-limited',
  message: 'this run has as many tasks under way here as it may',
  hint: 'Wait for one of them, or make the call without a task.',
};
