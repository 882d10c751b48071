import { STATUS_CODES } from 'node:http';
import { Fault } from '../../model/fault.ts';
import type { JsonValue } from '../../model/http.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, FieldMasker, Part } from '../../model/reply.ts';
import type { Request } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import { fieldOf } from '../http/forwarded-head.ts';
import { MalformedHttp } from '../http/message.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { Exchange, Forward } from '../protocol.ts';
import { askServer, type OnBehalf, ownParams } from './ask-server.ts';
import { isObject, type JsonObject, objectAt } from './canonical-json.ts';
import { operationOf } from './inspect.ts';

/** One page of a list that the gateway asks for itself; an exchange on record like a client's. */
export class OwnListing implements Exchange<HttpUpstream> {
  readonly request: Request;
  readonly #message: JsonValue;
  readonly #behalf: OnBehalf;
  #result: JsonObject | undefined;
  #refusal: Refusal | undefined;
  #isGone = false;

  constructor(target: Target, behalf: OnBehalf, method: string, cursor: string | undefined) {
    this.#behalf = behalf;
    const params = ownParams(behalf, cursor === undefined ? {} : { cursor });
    this.#message = { jsonrpc: '2.0', id: `chaperone-${method}`, method, params };
    const bytes = Buffer.from(JSON.stringify(this.#message));
    const { access, mcp } = { mcp: undefined, ...operationOf(target, { method, params: {}, version: behalf.version }) };
    const own = { kind: 'empty', access, tables: [], functions: [], hasWhere: true, flags: ['of-the-gateway'] };
    this.request = {
      // What the gateway asks for itself spends nothing of what its client may ask.
      statements: () => [],
      operations: [mcp === undefined ? own : { ...own, mcp }],
      body: () => ({ media: 'application/json', bytes }),
    };
  }

  /** Undefined where the server has no such list. */
  get result(): JsonObject | undefined {
    return this.#result;
  }

  /** True where the server knows the session no more; its client must open another. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  async *forward({ upstream, signal }: Forward<HttpUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    try {
      const connection = await upstream.ready(until);
      const asked = { behalf: this.#behalf, message: this.#message, signal: until };
      const { head, bytes } = await askServer(connection, upstream, asked);
      const said = parsed(bytes);
      this.#result = isObject(said) && isObject(said['result']) ? said['result'] : undefined;
      const hasSession = fieldOf(this.#behalf.head.fields, 'mcp-session-id') !== undefined;
      this.#isGone = hasSession && head.status === 404 && objectAt(said, 'error')['code'] !== METHOD_UNKNOWN;
      const line = `HTTP/1.1 ${head.status} ${STATUS_CODES[head.status] ?? ''}\r\ncontent-type: application/json\r\n\r\n`;
      const result = {
        status: this.#result === undefined ? 'error' : 'ok',
        code: String(head.status),
        rows: 0,
      } as const;
      yield new ListedPart(Buffer.concat([Buffer.from(line), bytes]), result);
    } catch (cause) {
      if (until.aborted) throw until.reason;
      if (cause instanceof MalformedHttp) throw new Fault('upstream-protocol', `the target sent ${cause.message}`);
      if (cause instanceof RangeError) throw new Fault('upstream-protocol', cause.message);
      if (cause instanceof PeerLeft) throw new Fault('upstream-closed', 'the target closed the connection', { cause });
      throw cause;
    }
  }

  reply(): undefined {
    return undefined;
  }

  refuse(refusal: Refusal): Promise<void> {
    this.#refusal = refusal;
    return Promise.resolve();
  }

  stop(refusal: Refusal): Promise<void> {
    return this.refuse(refusal);
  }
}

/** JSON-RPC 2.0, 5.1: a server that has no such list. */
const METHOD_UNKNOWN = -32601;

class ListedPart implements Part {
  readonly wire: Buffer;
  readonly result: ExchangeResult;

  constructor(wire: Buffer, result: ExchangeResult) {
    this.wire = wire;
    this.result = result;
  }

  /** Definitions are pinned as they are; no client sees this. */
  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

function parsed(bytes: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonValue;
  } catch {
    // Not JSON: no such list.
    return undefined;
  }
}
