import type { JsonValue } from '../../model/http.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Request } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import type { Digest } from '../http/secret-fields.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { Exchange } from '../protocol.ts';
import { operationOf } from './inspect.ts';
import { McpPart } from './mcp-part.ts';
import type { RpcRequest } from './message.ts';

export interface AskingParts {
  readonly target: Target;
  readonly version: string;
  readonly digest: Digest;
  /** Why the client cannot be asked, whatever rules say. */
  readonly unsupported: Refusal | undefined;
}

/** What a server asks of the client in the middle of a reply (sampling, elicitation, roots): an exchange of its own. */
export class AskClient implements Exchange<HttpUpstream> {
  readonly request: Request;
  readonly #asked: RpcRequest;
  readonly #digest: Digest;
  readonly #deny: (answer: JsonValue, upstream: HttpUpstream) => Promise<void>;
  #shown: string | undefined;

  constructor(
    asked: RpcRequest,
    { target, version, digest, unsupported }: AskingParts,
    deny: (answer: JsonValue, upstream: HttpUpstream) => Promise<void>,
  ) {
    this.#asked = asked;
    this.#digest = digest;
    this.#deny = deny;
    const { method, params } = asked;
    const bytes = Buffer.from(JSON.stringify(messageText(asked)));
    this.request = {
      ...(unsupported === undefined ? {} : { unsupported }),
      // No request of the client's: it spends nothing of what that may ask.
      statements: () => [],
      operations: [operationOf(target, { method, params, version, from: 'server' })],
      body: () => ({ media: 'application/json', bytes }),
    };
  }

  /** What the client is asked, masked; undefined where it is not. */
  get shown(): string | undefined {
    return this.#shown;
  }

  async *forward(): AsyncGenerator<McpPart> {
    yield new McpPart({
      head: undefined,
      length: 'unknown',
      trailers: [],
      result: { status: 'ok', rows: 0 },
      digest: this.#digest,
      said: { kind: 'message', text: JSON.stringify(messageText(this.#asked)) },
    });
  }

  reply(part: McpPart): undefined {
    this.#shown = part.body.toString('utf8');
  }

  refuse(refusal: Refusal, upstream: HttpUpstream): Promise<void> {
    return this.#deny(denial(this.#asked, refusal), upstream);
  }

  stop(refusal: Refusal, upstream: HttpUpstream): Promise<void> {
    this.#shown = undefined;
    return this.refuse(refusal, upstream);
  }
}

function messageText({ id, method, params }: RpcRequest): JsonValue {
  return { jsonrpc: '2.0', id, method, params };
}

/** In the client's place: a person who declines, or a client that does not. */
function denial({ id, method }: RpcRequest, { code, message }: Refusal): JsonValue {
  if (method === 'elicitation/create') return { jsonrpc: '2.0', id, result: { action: 'decline' } };
  return { jsonrpc: '2.0', id, error: { code: -1, message: `refused: ${message}`, data: { code } } };
}
