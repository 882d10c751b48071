import type { JsonValue } from '../../../model/http.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import { HttpExchange, type HttpExchangeParts } from '../../http/exchange.ts';
import { fieldOf } from '../../http/forwarded-head.ts';
import type { LayeredExchange } from '../../http/layer.ts';
import type { HttpUpstream } from '../../http/upstream.ts';
import type { Forward } from '../../protocol.ts';
import { answerInJson } from '../answer-in-json.ts';
import { type JsonObject, objectAt } from '../canonical-json.ts';
import { eventOf } from '../events.ts';
import { McpPart } from '../mcp-part.ts';
import type { RpcRequest } from '../message.ts';
import { toldMessage } from '../refusals.ts';
import type { HeldTask, TaskAnswer } from './held-task.ts';
import { hasExtension, TASKS_EXTENSION } from './offer.ts';

/** So often a client that waits for a task hears that it still does. */
const ALIVE_MS = 10_000;
const RELATED = 'io.modelcontextprotocol/related-task';

export interface TaskExchangeParts {
  readonly http: HttpExchangeParts;
  readonly message: RpcRequest;
  readonly version: string;
  readonly task: HeldTask;
}

/** What a client asks about a call of its that goes on as a task: answered by the gateway, decided and recorded as all else. */
export class TaskExchange implements LayeredExchange {
  readonly request: Request;
  readonly #parts: TaskExchangeParts;
  readonly #inner: HttpExchange;
  #streams = false;

  constructor(parts: TaskExchangeParts) {
    this.#parts = parts;
    this.#inner = new HttpExchange(parts.http);
    this.request = this.#inner.request;
  }

  async *forward({ upstream, signal }: Forward<HttpUpstream>): AsyncGenerator<Part> {
    const { http, message } = this.#parts;
    const answer = await this.#answer(upstream.until(signal));
    const outcome = answer.kind === 'result' ? { result: answer.result } : { error: answer.error };
    const text = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...outcome });
    const result =
      answer.kind === 'result'
        ? ({ status: 'ok', rows: 0 } as const)
        : ({ status: 'error', code: codeOf(answer.error), rows: 0 } as const);
    const said = this.#streams
      ? ({ kind: 'events', blocks: [{ bytes: eventOf(text), data: text }] } as const)
      : ({ kind: 'message', text } as const);
    const head = this.#streams ? undefined : JSON_HEAD;
    const length = this.#streams ? 'unknown' : 'one';
    yield new McpPart({ head, length, trailers: [], result, digest: http.digest, said });
  }

  reply(part: McpPart): Promise<void> | undefined {
    if (!this.#streams) return this.#inner.reply(part);
    const { incoming } = this.#parts.http;
    ignored(incoming.write(part.body));
    ignored(incoming.end());
    return undefined;
  }

  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  tell(refusal: Refusal, status?: number): void {
    const { http, message, version } = this.#parts;
    const told = toldMessage({ kind: 'message', message, version }, refusal, { status });
    if (this.#streams || told === undefined) http.incoming.abort();
    else answerInJson(http.incoming, told, refusal);
  }

  async #answer(until: AbortSignal): Promise<TaskAnswer> {
    const { task, message } = this.#parts;
    if (task.modern && !hasExtension(message.params)) return failed(-32021, 'tasks were not declared', REQUIRED);
    switch (message.method) {
      case 'tasks/get':
        return result(task.modern ? { resultType: 'complete', ...task.told() } : task.told());
      case 'tasks/result':
        return task.modern ? unknownMethod() : related(await this.#whole(until), task.id);
      case 'tasks/cancel': {
        const wasUnderWay = task.cancel();
        if (task.modern) return result({ resultType: 'complete' });
        return wasUnderWay ? result(task.told()) : failed(-32602, 'the task is over already');
      }
      case 'tasks/update':
        // It asks for nothing, so what comes is for no question of its.
        return task.modern ? result({ resultType: 'complete' }) : unknownMethod();
      default:
        return unknownMethod();
    }
  }

  /** What the call came to, once it has; a client that waits long is told so meanwhile, where it takes streams. */
  async #whole(until: AbortSignal): Promise<TaskAnswer> {
    const { task, http } = this.#parts;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(until.reason);
    until.addEventListener('abort', leave, { once: true });
    if (until.aborted) leave();
    const mayStream = (fieldOf(http.incoming.head.fields, 'accept') ?? '').includes('text/event-stream');
    const alive = mayStream && !task.isOver ? setInterval(() => this.#stayAlive(), ALIVE_MS) : undefined;
    alive?.unref();
    try {
      return await Promise.race([task.answered, left.promise]);
    } finally {
      clearInterval(alive);
      until.removeEventListener('abort', leave);
    }
  }

  #stayAlive(): void {
    const { incoming } = this.#parts.http;
    if (!this.#streams) ignored(incoming.respond(STREAM_HEAD, 'unknown'));
    this.#streams = true;
    ignored(incoming.write(Buffer.from(': the task goes on\n\n')));
  }
}

const JSON_HEAD = {
  status: 200,
  fields: [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
  ],
} as const;
const STREAM_HEAD = {
  status: 200,
  fields: [
    ['content-type', 'text/event-stream'],
    ['cache-control', 'no-store'],
  ],
} as const;
const REQUIRED: JsonObject = { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } };

function result(value: JsonObject): TaskAnswer {
  return { kind: 'result', result: value };
}

function failed(code: number, message: string, data?: JsonValue): TaskAnswer {
  return { kind: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } };
}

function codeOf({ code }: JsonObject): string {
  return typeof code === 'number' ? String(code) : 'error';
}

function unknownMethod(): TaskAnswer {
  return failed(-32601, 'tasks of this revision have no such method');
}

/** 2025-11-25, "Related Task Metadata": the result of a call does not say whose it is. */
function related(answer: TaskAnswer, taskId: string): TaskAnswer {
  if (answer.kind === 'error') return answer;
  const meta = objectAt(answer.result, '_meta');
  return result({ ...answer.result, _meta: { ...meta, [RELATED]: { taskId } } });
}

/** Who does not take it has gone, which the connection tells. */
function ignored(writing: Promise<void> | undefined): void {
  writing?.catch(() => undefined);
}
