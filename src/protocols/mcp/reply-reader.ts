import { Fault } from '../../model/fault.ts';
import type { JsonValue } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import type { ExchangeResult } from '../../model/reply.ts';
import type { HttpSession } from '../http/lanes.ts';
import type { Fields, ReplyHead } from '../http/message.ts';
import type { HttpPart } from '../http/parts.ts';
import type { Digest } from '../http/secret-fields.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import { AskClient, type ServerRequest } from './ask-client.ts';
import { askServer, type OnBehalf } from './ask-server.ts';
import { isObject, type JsonObject, objectAt, textAt } from './canonical-json.ts';
import { filteredList } from './definitions.ts';
import { type EventBlock, EventBlocks, withData } from './events.ts';
import { filteredGreeting } from './greeting.ts';
import { type Asked, operationOf } from './inspect.ts';
import { McpPart, type McpPartParts } from './mcp-part.ts';
import { type Message, messageOf } from './message.ts';
import type { MetDefinitions } from './met-definitions.ts';
import { toldMessage } from './refusals.ts';
import { type ReplyShape, shapeOf } from './reply-shape.ts';
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
}

/** Reads a reply's messages, and gives what a client may see of each. */
export class ReplyReader {
  readonly #rules: ReplyRules;
  readonly #asked: Asked;
  readonly #upstream: HttpUpstream;
  #shape: ReplyShape = 'other';
  #isFailure = false;
  /** Of a message that comes in pieces. */
  #head: ReplyHead | undefined;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #blocks = new EventBlocks(LIMITS.maxMaskedHttpBytes);
  /** How what was asked ended, once that was said. */
  #result: ExchangeResult | undefined;

  constructor(rules: ReplyRules, asked: Asked, upstream: HttpUpstream) {
    this.#rules = rules;
    this.#asked = asked;
    this.#upstream = upstream;
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
  async *#wholeMessage(part: HttpPart, common: Omit<McpPartParts, 'result' | 'said'>): AsyncGenerator<McpPart> {
    this.#head ??= common.head;
    this.#length += part.body.length;
    if (this.#length > LIMITS.maxMaskedHttpBytes) throw new RangeError('a message is longer than it may be');
    this.#pieces.push(Buffer.from(part.body));
    if (part.trailers === undefined) return;
    const body = Buffer.concat(this.#pieces);
    const text = body.length === 0 ? '' : await this.#message(body.toString('utf8'));
    const length = common.length === 'none' ? 'none' : 'one';
    const said = { kind: 'message', text } as const;
    yield new McpPart({ ...common, head: this.#head, length, result: this.#ended(part), said });
  }

  async *#events(part: HttpPart, common: Omit<McpPartParts, 'result' | 'said'>): AsyncGenerator<McpPart> {
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
    yield new McpPart({
      ...common,
      length: 'unknown',
      result: isEnd ? this.#ended(part) : undefined,
      said: { kind: 'events', blocks },
    });
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
      const shown = await this.#ask(message);
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
        return this.#named(value, 'params', message.params);
      case 'error':
        if (this.#isAnswer(message.id)) this.#result = { status: 'error', code: codeOf(message.error), rows: 0 };
        return undefined;
      case 'result': {
        if (this.#isAnswer(message.id)) {
          const isError = message.result['isError'] === true;
          this.#result = isError ? { status: 'error', code: 'isError', rows: 0 } : { status: 'ok', rows: 0 };
        }
        const result = await this.#resultOf(message.result);
        if (result === undefined) return this.#named(value, 'result', message.result);
        if ('refused' in result) return JSON.stringify(result.refused);
        const changed = { ...(isObject(value) ? value : {}), result: result.value };
        return this.#named(changed, 'result', result.value) ?? JSON.stringify(changed);
      }
      case 'request':
        return undefined;
      default:
        return message satisfies never;
    }
  }

  /** With the gateway's own ids of tasks; undefined where it has none. */
  #named(message: JsonValue | undefined, member: 'params' | 'result', value: JsonObject): string | undefined {
    const named = mapTaskIds(value, this.#rules.taskId);
    if (named === undefined || named === value || !isObject(message)) return undefined;
    return JSON.stringify({ ...message, [member]: named });
  }

  async #resultOf(
    result: JsonObject,
  ): Promise<{ readonly value: JsonObject } | { readonly refused: JsonValue } | undefined> {
    const { session, definitions } = this.#rules;
    const method = this.#method();
    if (result['resultType'] === 'input_required') return this.#inputs(result);
    if (method === 'initialize' || method === 'server/discover') {
      const value = await filteredGreeting(result, {
        isAccepted: (server) => definitions.isServerAccepted(session, server),
        mayUse: (asked) => this.#mayUse(asked, {}),
      });
      return value && { value };
    }
    // What a stream brings again may be a list; a tool's own result is none.
    if (method === 'tools/call' || method === 'prompts/get' || method === 'resources/read') return undefined;
    const value = filteredList(result, {
      met: (list) => definitions.of(session, list),
      mayUse: (use, params) => this.#mayUse(use, params),
    });
    return value && { value };
  }

  /** Each thing that a server wants to know from its client is decided; where one is refused, the call is. */
  async #inputs(
    result: JsonObject,
  ): Promise<{ readonly value: JsonObject } | { readonly refused: JsonValue } | undefined> {
    const shown: Record<string, JsonValue> = {};
    for (const [id, wanted] of Object.entries(objectAt(result, 'inputRequests'))) {
      const method = isObject(wanted) && typeof wanted['method'] === 'string' ? wanted['method'] : '';
      const message = await this.#decided(
        { kind: 'request', id, method, params: objectAt(wanted, 'params') },
        undefined,
      );
      if (message === undefined) {
        const refusal = {
          code: 'policy-denied',
          message: `the server asks its client for ${method}, which is not permitted`,
        } as const;
        const told = toldMessage(this.#asked, refusal);
        this.#result = { status: 'refused', code: refusal.code, rows: 0 };
        return told && { refused: told.message };
      }
      const params = objectAt(parsed(message), 'params');
      shown[id] = { ...(isObject(wanted) ? wanted : {}), params };
    }
    return { value: { ...result, inputRequests: shown } };
  }

  #ask(message: ServerRequest): Promise<string | undefined> {
    const { behalf, session } = this.#rules;
    return this.#decided(message, async (answer, upstream) => {
      const connection = await upstream.beside(session.signal);
      try {
        await askServer(connection, upstream, { behalf, message: answer, signal: session.signal });
      } finally {
        await connection[Symbol.asyncDispose]();
      }
    });
  }

  async #decided(
    message: ServerRequest,
    deny: ((answer: JsonValue, upstream: HttpUpstream) => Promise<void>) | undefined,
  ): Promise<string | undefined> {
    const { session, behalf, digest } = this.#rules;
    // A server that asks whether its client is there learns nothing of it.
    if (message.method === 'ping') return JSON.stringify({ jsonrpc: '2.0', id: message.id, method: 'ping' });
    const params = mapTaskIds(message.params, this.#rules.taskId) ?? message.params;
    const asking = new AskClient(
      { ...message, params },
      { target: session.target, version: behalf.version, digest },
      (answer) => (deny === undefined ? Promise.resolve() : deny(answer, this.#upstream)),
    );
    await session.run(asking);
    return asking.shown;
  }

  #mayUse(method: string, params: JsonObject): boolean {
    const { session, behalf, definitions } = this.#rules;
    const tool = method === 'tools/call' ? textAt(params, 'name') : undefined;
    const isDestructive =
      tool !== undefined && definitions.of(session, { kind: 'tool' })?.destructive.has(tool) === true;
    return session.mayPermit(operationOf(session.target, { method, params, version: behalf.version, isDestructive }));
  }

  #shownHead(head: ReplyHead): ReplyHead {
    const fields: Fields = head.fields.map(([name, value]) =>
      name === 'mcp-session-id' ? ([name, this.#rules.sessionId(value)] as const) : ([name, value] as const),
    );
    return { ...head, fields };
  }

  #ended({ result }: HttpPart): ExchangeResult | undefined {
    if (result === undefined || result.status === 'error') return result;
    return { ...result, ...this.#result };
  }

  #method(): string | undefined {
    const { kind } = this.#asked;
    return kind === 'message' && this.#asked.message.kind === 'request' ? this.#asked.message.method : undefined;
  }

  #isAnswer(id: JsonValue | undefined): boolean {
    return this.#asked.kind === 'message' && this.#asked.message.kind === 'request' && this.#asked.message.id === id;
  }
}

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
