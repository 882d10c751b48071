import { timingSafeEqual } from 'node:crypto';
import { MalformedHttp } from '../../message.ts';
import { type Scope, scopeText, sha256, signature } from './canonical.ts';

/** What a chunk may hold: it is signed whole, so it is held whole. Clients in use send 64 KiB to 1 MiB. */
const MOST_CHUNK_BYTES = 8 * 1024 * 1024;
const MOST_LINE_BYTES = 8 * 1024;

export interface ChunkSigning {
  readonly key: Buffer;
  readonly scope: Scope;
  /** Of the request's head. */
  readonly seed: string;
}

/**
 * An `aws-chunked` body whose chunks are signed (Amazon S3 API Reference, "Signature calculations: transferring payload
 * in multiple chunks"), signed anew: chunks and lengths stay as they are. Where `client` is known, the client's own
 * signatures must be right. Throws `MalformedHttp`.
 */
export async function* signedAgain(
  body: AsyncIterable<Buffer>,
  signing: ChunkSigning,
  client?: ChunkSigning,
): AsyncGenerator<Buffer> {
  const input = new Input(body);
  const check = new ChunkCheck(client);
  let previous = signing.seed;
  for (;;) {
    const head = await input.line();
    const [, digits = '', shown = ''] = CHUNK_HEAD.exec(head) ?? [];
    const size = digits === '' ? -1 : Number.parseInt(digits, 16);
    if (size < 0 || size > MOST_CHUNK_BYTES)
      throw malformed(size < 0 ? 'a chunk without a signature' : 'a chunk too long');
    const data = await input.bytes(size);
    const digests = [EMPTY, sha256(data)];
    check.next(PAYLOAD, digests, shown);
    previous = sign(signing, PAYLOAD, previous, digests);
    yield Buffer.from(`${digits};chunk-signature=${previous}\r\n`, 'latin1');
    if (size > 0) {
      yield data;
      if ((await input.line()) !== '') throw malformed('a chunk longer than it says');
      yield CRLF;
      continue;
    }
    return yield* ending(input, signing, previous, check);
  }
}

const CHUNK_HEAD = /^([0-9A-Fa-f]{1,8});chunk-signature=([0-9a-f]{64})$/;
const PAYLOAD = 'AWS4-HMAC-SHA256-PAYLOAD';
const TRAILER = 'AWS4-HMAC-SHA256-TRAILER';
const EMPTY = sha256('');
const CRLF = Buffer.from('\r\n');
const MOST_TRAILERS = 20;
/** Some clients end such a line with a line feed of its own, which is not signed. */
const TRAILER_LINE = /^[A-Za-z0-9-]+:[\x20-\x7e]*\n?$/;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature:';

/** An empty line, or fields and the signature of them. */
async function* ending(
  input: Input,
  signing: ChunkSigning,
  previous: string,
  check: ChunkCheck,
): AsyncGenerator<Buffer> {
  const lines: string[] = [];
  for (let line = await input.line(); line !== ''; line = await input.line()) {
    if (lines.length >= MOST_TRAILERS || !TRAILER_LINE.test(line)) throw malformed('fields behind it that are none');
    lines.push(line);
  }
  const fields = lines.filter((line) => !line.startsWith(TRAILER_SIGNATURE));
  const written = fields.map((line) => {
    const colon = line.indexOf(':');
    return `${line.slice(0, colon).toLowerCase()}:${line.slice(colon + 1).trim()}\n`;
  });
  const digests = [sha256(written.join(''))];
  const shown = lines
    .find((line) => line.startsWith(TRAILER_SIGNATURE))
    ?.slice(TRAILER_SIGNATURE.length)
    .trim();
  if (lines.length > 0) check.next(TRAILER, digests, shown ?? '');
  const signed = sign(signing, TRAILER, previous, digests);
  for (const line of lines) {
    const sent = line.startsWith(TRAILER_SIGNATURE) ? line.replace(/:[0-9a-f]{64}/, `:${signed}`) : line;
    yield Buffer.from(`${sent}\r\n`, 'latin1');
  }
  yield CRLF;
  await input.end();
}

function sign({ key, scope }: ChunkSigning, algorithm: string, previous: string, digests: readonly string[]): string {
  return signature(key, [algorithm, scope.at, scopeText(scope), previous, ...digests].join('\n'));
}

/** Holds the client's own signatures against what they should be, each made with the one before. */
class ChunkCheck {
  readonly #client: ChunkSigning | undefined;
  #previous: string;

  constructor(client: ChunkSigning | undefined) {
    this.#client = client;
    this.#previous = client?.seed ?? '';
  }

  next(algorithm: string, digests: readonly string[], shown: string): void {
    if (this.#client === undefined) return;
    this.#previous = sign(this.#client, algorithm, this.#previous, digests);
    const [made, said] = [Buffer.from(this.#previous, 'latin1'), Buffer.from(shown, 'latin1')];
    if (made.length !== said.length || !timingSafeEqual(made, said))
      throw malformed('a chunk whose signature is wrong');
  }
}

/** What is read of a body, by lines and by lengths. */
class Input {
  readonly #body: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Buffer>) {
    this.#body = body[Symbol.asyncIterator]();
  }

  /** Without its CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(CRLF);
      if (end >= 0) {
        const line = this.#held.toString('latin1', 0, end);
        this.#held = this.#held.subarray(end + CRLF.length);
        return line;
      }
      if (this.#held.length > MOST_LINE_BYTES) throw malformed('a line too long');
      if (!(await this.#more())) throw malformed('no end');
    }
  }

  async bytes(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [this.#held];
    let have = this.#held.length;
    this.#held = Buffer.alloc(0);
    while (have < length) {
      if (!(await this.#more())) throw malformed('no end');
      pieces.push(this.#held);
      have += this.#held.length;
      this.#held = Buffer.alloc(0);
    }
    const all = Buffer.concat(pieces);
    this.#held = all.subarray(length);
    return all.subarray(0, length);
  }

  async end(): Promise<void> {
    if (this.#held.length > 0 || (await this.#more())) throw malformed('more behind its end');
  }

  /** A piece is only good until the next is asked for. */
  async #more(): Promise<boolean> {
    const next = await this.#body.next();
    if (next.done === true) return false;
    this.#held = Buffer.concat([this.#held, next.value]);
    return true;
  }
}

function malformed(what: string): MalformedHttp {
  return new MalformedHttp(400, `an aws-chunked body with ${what}`);
}
