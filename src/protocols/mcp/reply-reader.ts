import { Fault } from '../../model/fault.ts';
import type { JsonValue } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, ReplyCount } from '../../model/reply.ts';
import type { HttpSession } from '../http/lanes.ts';
import type { Fields, ReplyHead } from '../http/message.ts';
import type { HttpPart } from '../http/parts.ts';
import type { Digest } from '../http/secret-fields.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { OnBehalf } from './ask-server.ts';
import { isObject, type JsonObject } from './canonical-json.ts';
import { type EventBlock, EventBlocks, withData } from './events.ts';
import type { Asked } from './inspect.ts';
import { McpPart, type McpPartParts } from './mcp-part.ts';
import { type Message, type MessageId, messageOf } from './message.ts';
import { countsOf } from './message-rows.ts';
import type { MetDefinitions } from './met-definitions.ts';
import { toldMessage } from './refusals.ts';
import { ReplyResults } from './reply-results.ts';
import { type ReplyShape, shapeOf } from './reply-shape.ts';
import { ServerQuestions } from './server-questions.ts';
import { mapTaskIds } from './task-ids.ts';

/** What replies of one session are held against. */
export interface ReplyRules {
  readonly session: HttpSession;
  readonly definitions: MetDefinitions;
  readonly behalf: OnBehalf;
  readonly digest: Digest;
  /** The gateway's own id of a session that the server gave. */
  readonly sessionId: (server: string) => string;
  /** The same of a task. */
  readonly taskId: (server: string) => string;
  /** The id under which a client is asked what a server asks. */
  readonly questionId: (server: MessageId) => string;
  /** The run's tasks at this target that no server made, as lists tell them. */
  readonly ownTasks: () => readonly JsonObject[];
  /** True once its client was answered by a task, and cannot be asked any more. */
  readonly isApart: () => boolean;
}

/** Reads a reply's messages, and gives what a client may see of each. */
export class ReplyReader {
  readonly #rules: ReplyRules;
  readonly #asked: Asked;
  readonly #questions: ServerQuestions;
  readonly #results: ReplyResults;
  readonly #metered: boolean;
  #shape: ReplyShape = 'other';
  #isFailure = false;
  /** Of a message that comes in pieces. */
  #head: ReplyHead | undefined;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #blocks = new EventBlocks(LIMITS.maxMaskedHttpBytes);
  #rows = 0;
  /** How what was asked ended, once that was said. */
  #result: ExchangeResult | undefined;

  /** `metered` where its parts must tell what they count. */
  constructor(rules: ReplyRules, asked: Asked, upstream: HttpUpstream, metered: boolean) {
    this.#rules = rules;
    this.#asked = asked;
    this.#metered = metered;
    this.#questions = new ServerQuestions(rules, upstream);
    this.#results = new ReplyResults(rules, asked, this.#questions);
  }

  async *read(part: HttpPart): AsyncGenerator<HttpPart> {
    const head = part.head && this.#shownHead(part.head);
    if (part.head !== undefined) this.#shape = shapeOf(part.head);
    const { trailers, length } = part;
    const common = { head, length, trailers, digest: this.#rules.digest };
    switch (this.#shape) {
      case 'message':
        yield* this.#wholeMessage(part, common);
        return;
      case 'events':
        yield* this.#events(part, common);
        return;
      case 'other':
        // What says that it went well must say it in messages: nobody could look into anything else.
        if (part.head !== undefined) this.#isFailure = part.head.status >= 400;
        if (!this.#isFailure && part.body.length > 0) {
          throw new Fault('upstream-protocol', 'the target answered with what is no message of MCP');
        }
        yield head === undefined ? part : part.withHead(head);
        return;
      default:
        this.#shape satisfies never;
    }
  }

  /** Nothing of a message is told before all of it is there. */
  async *#wholeMessage(part: HttpPart, common: Common): AsyncGenerator<McpPart> {
    this.#head ??= common.head;
    this.#length += part.body.length;
    if (this.#length > LIMITS.maxMaskedHttpBytes) throw new RangeError('a message is longer than it may be');
    this.#pieces.push(Buffer.from(part.body));
    if (part.trailers === undefined) return;
    const body = Buffer.concat(this.#pieces);
    const text = body.length === 0 ? '' : await this.#message(body.toString('utf8'));
    const length = common.length === 'none' ? 'none' : 'one';
    const said = { kind: 'message', text } as const;
    const counts = this.#counted(said);
    yield new McpPart({ ...common, head: this.#head, length, counts, result: this.#ended(part), said });
  }

  async *#events(part: HttpPart, common: Common): AsyncGenerator<McpPart> {
    const blocks: EventBlock[] = [];
    for (const block of this.#blocks.push(part.body)) {
      const seen = await this.#event(block);
      if (seen !== undefined) blocks.push(seen);
    }
    const isEnd = part.trailers !== undefined;
    // The second half of the last empty line; of anything else that is there, readers make no event.
    if (isEnd && this.#blocks.rest.equals(LF)) blocks.push({ bytes: LF, data: undefined });
    // Nothing is told that holds nothing, but the head and the end.
    if (blocks.length === 0 && common.head === undefined && !isEnd) return;
    const said = { kind: 'events', blocks } as const;
    const counts = this.#counted(said);
    yield new McpPart({ ...common, length: 'unknown', counts, result: isEnd ? this.#ended(part) : undefined, said });
  }

  async #event(block: EventBlock): Promise<EventBlock | undefined> {
    const { data } = block;
    // A comment, a time to come again, or an id alone, to resume from.
    if (data === undefined || data === '') return block;
    const value = parsed(data);
    const message = value === undefined ? undefined : messageOf(value);
    if (message === undefined || 'why' in message)
      throw new Fault('upstream-protocol', 'the target sent an event that is no message');
    if (message.kind === 'request') {
      const shown = await this.#questions.ask(message);
      if (shown === undefined) return undefined;
      return { bytes: withData(block, shown), data: shown };
    }
    const seen = await this.#seen(message, value);
    return seen === undefined ? block : { bytes: withData(block, seen), data: seen };
  }

  async #message(text: string): Promise<string> {
    const value = parsed(text);
    const message = value === undefined ? undefined : messageOf(value);
    if (message === undefined || 'why' in message || message.kind === 'request') {
      throw new Fault('upstream-protocol', 'the target answered with what is no message of MCP');
    }
    return (await this.#seen(message, value)) ?? text;
  }

  /** The message as a client may see it; undefined where it is as it came. */
  async #seen(message: Message, value: JsonValue | undefined): Promise<string | undefined> {
    switch (message.kind) {
      case 'notification':
        this.#rules.definitions.changed(this.#rules.session, message.method);
        return this.#named(value, 'params', this.#takenBack(message.method, message.params));
      case 'error':
        if (!this.#isAnswer(message.id)) return undefined;
        // A server without tasks has no list of them; the gateway has.
        if (this.#results.method === 'tasks/list' && message.error['code'] === METHOD_UNKNOWN) {
          const tasks = this.#rules.ownTasks();
          if (tasks.length > 0) return JSON.stringify({ jsonrpc: '2.0', id: message.id ?? null, result: { tasks } });
        }
        this.#result = { status: 'error', code: codeOf(message.error), rows: 0 };
        return undefined;
      case 'result': {
        if (this.#isAnswer(message.id)) {
          const isError = message.result['isError'] === true;
          this.#result = isError ? { status: 'error', code: 'isError', rows: 0 } : { status: 'ok', rows: 0 };
        }
        const result = await this.#results.seen(message.result);
        if (result !== undefined && 'denied' in result) return this.#denied(result.denied);
        if (result === undefined) return this.#named(value, 'result', message.result);
        const changed = { ...(isObject(value) ? value : {}), result: result.value };
        return this.#named(changed, 'result', result.value) ?? JSON.stringify(changed);
      }
      case 'request':
        return undefined;
      default:
        return message satisfies never;
    }
  }

  /** What a server takes back of what it asked has the id under which its client was asked. */
  #takenBack(method: string, params: JsonObject): JsonObject {
    const { requestId } = params;
    if (method !== 'notifications/cancelled' || (typeof requestId !== 'string' && typeof requestId !== 'number')) {
      return params;
    }
    return { ...params, requestId: this.#rules.questionId(requestId) };
  }

  /** With the gateway's own ids of tasks; undefined where the message stays as it came. */
  #named(message: JsonValue | undefined, member: 'params' | 'result', value: JsonObject): string | undefined {
    const named = mapTaskIds(value, this.#rules.taskId);
    if (named === undefined || !isObject(message) || named === message[member]) return undefined;
    return JSON.stringify({ ...message, [member]: named });
  }

  /** In place of the server's answer. */
  #denied(refusal: Refusal): string | undefined {
    this.#result = { status: 'refused', code: refusal.code, rows: 0 };
    const told = toldMessage(this.#asked, refusal);
    return told && JSON.stringify(told.message);
  }

  #shownHead(head: ReplyHead): ReplyHead {
    const fields: Fields = head.fields.map(([name, value]) =>
      name === 'mcp-session-id' ? ([name, this.#rules.sessionId(value)] as const) : ([name, value] as const),
    );
    return { ...head, fields };
  }

  #counted(said: McpPartParts['said']): readonly ReplyCount[] | undefined {
    if (!this.#metered) return undefined;
    const counts = countsOf(said);
    for (const { rowsRead } of counts) this.#rows += rowsRead;
    return counts;
  }

  #ended({ result }: HttpPart): ExchangeResult | undefined {
    if (result === undefined || result.status === 'error') return result;
    return { ...result, ...this.#result, rows: this.#rows };
  }

  #isAnswer(id: JsonValue | undefined): boolean {
    return this.#asked.kind === 'message' && this.#asked.message.kind === 'request' && this.#asked.message.id === id;
  }
}

type Common = Omit<McpPartParts, 'counts' | 'result' | 'said'>;

const METHOD_UNKNOWN = -32601;
const LF = Buffer.from('\n');

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // No JSON: no message.
    return undefined;
  }
}

function codeOf({ code }: JsonObject): string {
  return typeof code === 'number' ? String(code) : 'error';
}
