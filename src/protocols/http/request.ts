import { hash } from 'node:crypto';
import type { Refusal } from '../../model/refusal.ts';
import type { Body, Operation, Request } from '../../model/request.ts';
import type { ForwardedHead } from './forwarded-head.ts';
import type { ReadBody } from './inspector.ts';
import type { Fields } from './message.ts';
import { type Digest, isSecretField, recordedLines, recordedQuery } from './secret-fields.ts';

export interface HttpRequestParts {
  readonly head: ForwardedHead;
  /** What was read of the body before the request is decided; undefined where there is none, or nothing was. */
  readonly read: ReadBody | undefined;
  /** True where there is a body of which not all was read. */
  readonly streams: boolean;
  /** The fields behind the body, where that was read to its end. */
  readonly trailers?: Fields | undefined;
  readonly operations: readonly Operation[];
  readonly unsupported?: Refusal | undefined;
  /** What makes another body the same, where that is not its bytes. */
  readonly same?: string;
  readonly digest: Digest;
  /** What else it is, for people: of a body that they could not read. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** What no other request has: of one whose body streams, no approval serves another. */
  readonly nonce: () => string;
}

/** One request as it is decided, recorded and approved. */
export class HttpRequest implements Request {
  readonly operations: readonly Operation[];
  declare readonly unsupported?: Refusal;
  declare readonly context?: () => Readonly<Record<string, string>>;
  readonly #parts: HttpRequestParts;
  #body: Body | undefined;
  #same: Uint8Array | undefined;

  constructor(parts: HttpRequestParts) {
    this.#parts = parts;
    this.operations = parts.operations;
    if (parts.unsupported !== undefined) this.unsupported = parts.unsupported;
    const { context } = parts;
    if (context !== undefined) this.context = () => context;
  }

  /** The same request with another head, or refused: what only its session can tell. */
  with(changes: Partial<Pick<HttpRequestParts, 'head' | 'unsupported' | 'operations' | 'context'>>): HttpRequest {
    return new HttpRequest({ ...this.#parts, ...changes });
  }

  /**
   * `message/http` (RFC 9112, 10.1): the head as it is forwarded, secrets as digests, and the body as far as it was
   * read; behind one that was read to its end stand the fields that came behind it.
   */
  body(): Body {
    this.#body ??= { media: 'message/http', bytes: this.#record() };
    return this.#body;
  }

  /**
   * What makes a repeated request the same, beside its operations, in which all stands that rules may see: its method,
   * its address, its body and who it says it is.
   */
  same(): Uint8Array {
    this.#same ??= this.#identity();
    return this.#same;
  }

  #record(): Uint8Array {
    const { head, read, streams, trailers = [], digest } = this.#parts;
    const framing = read !== undefined && !streams ? `content-length: ${read.bytes.length}\r\n` : '';
    const lines = `host: ${head.authority}\r\n${recordedLines(head.fields, digest)}${framing}`;
    const text = Buffer.from(
      `${head.method} ${recordedTarget(head.target, digest)} HTTP/1.1\r\n${lines}\r\n`,
      'latin1',
    );
    if (read === undefined) return text;
    return Buffer.concat([text, read.bytes, Buffer.from(recordedLines(trailers, digest), 'latin1')]);
  }

  #identity(): Uint8Array {
    const { head, read, streams, same, trailers = [], digest, nonce } = this.#parts;
    if (same !== undefined) return Buffer.from(JSON.stringify([head.method, head.target, same]));
    const secrets = head.fields.filter(([name]) => isSecretField(name)).map(([name, value]) => [name, digest(value)]);
    const body = read === undefined ? '' : hash('sha256', read.bytes, 'hex');
    const behind = trailers.length === 0 ? [] : [trailers];
    return Buffer.from(JSON.stringify([head.method, head.target, body, secrets, streams ? nonce() : '', ...behind]));
  }
}

function recordedTarget(target: string, digest: Digest): string {
  const mark = target.indexOf('?');
  return mark < 0 ? target : `${target.slice(0, mark)}?${recordedQuery(target.slice(mark + 1), digest)}`;
}
