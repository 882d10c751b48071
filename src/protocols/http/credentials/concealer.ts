import type { Fields, IncomingReply, MessageBody } from '../message.ts';

/** Shorter ones stand in every text by chance, and are worth nothing. Characters. */
const SHORTEST = 6;
const STAR = 0x2a;
const NOTHING = Buffer.alloc(0);

/**
 * Takes the credential out of replies that repeat it, as services do that answer with what they were asked. Each
 * character becomes `*`, so that lengths stay true. It is found as it is, and as URLs, JSON and HTML write it.
 */
export class Concealer {
  readonly #texts: readonly string[];
  readonly #needles: readonly Buffer[];

  private constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#needles = texts.map((text) => Buffer.from(text));
  }

  /** Undefined where there is nothing to conceal. The same one for the same list. */
  static of(secrets: readonly string[]): Concealer | undefined {
    const known = MADE.get(secrets);
    if (known !== undefined) return known === 'none' ? undefined : known;
    const made = Concealer.#make(secrets);
    MADE.set(secrets, made ?? 'none');
    return made;
  }

  static #make(secrets: readonly string[]): Concealer | undefined {
    const long = secrets.filter((secret) => secret.length >= SHORTEST);
    // The longest first: one may hold another.
    const texts = [...new Set(long.flatMap(written))].sort((one, other) => other.length - one.length);
    return texts.length === 0 ? undefined : new Concealer(texts);
  }

  reply(reply: IncomingReply): IncomingReply {
    const head = { ...reply.head, fields: this.fields(reply.head.fields) };
    return { ...reply, head, body: new ConcealedBody(reply.body, this) };
  }

  fields(fields: Fields): Fields {
    if (!fields.some(([, value]) => this.#texts.some((text) => value.includes(text)))) return fields;
    return fields.map(([name, value]) => {
      const shown = this.#texts.reduce((left, text) => left.replaceAll(text, '*'.repeat(text.length)), value);
      return [name, shown] as const;
    });
  }

  /** Conceals what begins before an offset. The same bytes where nothing does, else a copy. */
  bytes(bytes: Buffer, before = bytes.length): Buffer {
    let shown = bytes;
    for (const needle of this.#needles) {
      for (let at = shown.indexOf(needle); at >= 0 && at < before; at = shown.indexOf(needle, at + needle.length)) {
        if (shown === bytes) shown = Buffer.from(bytes);
        shown.fill(STAR, at, at + needle.length);
      }
    }
    return shown;
  }

  /** How many bytes at the end may be the beginning of a secret. */
  openEnd(bytes: Buffer): number {
    let longest = 0;
    for (const needle of this.#needles) {
      for (let at = Math.max(0, bytes.length - needle.length + 1); at < bytes.length - longest; at++) {
        at = bytes.indexOf(needle[0] ?? 0, at);
        if (at < 0 || at >= bytes.length - longest) break;
        if (bytes.compare(needle, 0, bytes.length - at, at) === 0) longest = bytes.length - at;
      }
    }
    return longest;
  }
}

/** Credentials have one list for as long as their secrets are the same. */
const MADE = new WeakMap<readonly string[], Concealer | 'none'>();

class ConcealedBody implements MessageBody {
  readonly length: MessageBody['length'];
  /** Absent where what it conceals can only be waited for. */
  declare readonly take?: () => Buffer | null | undefined;
  readonly #inner: MessageBody;
  readonly #concealer: Concealer;
  #held: Buffer = NOTHING;
  #over = false;

  constructor(inner: MessageBody, concealer: Concealer) {
    this.length = inner.length;
    this.#inner = inner;
    this.#concealer = concealer;
    if (inner.take !== undefined) this.take = () => this.#take();
  }

  get trailers(): Fields {
    return this.#concealer.fields(this.#inner.trailers);
  }

  get isWhole(): boolean {
    return this.#over || this.#inner.isWhole === true;
  }

  #take(): Buffer | null | undefined {
    while (!this.#over) {
      const bytes = this.#inner.take?.();
      if (bytes === undefined) return undefined;
      const shown = this.#shown(bytes);
      if (shown !== undefined) return shown;
    }
    return null;
  }

  async read(): Promise<Buffer | null> {
    while (!this.#over) {
      const shown = this.#shown(await this.#inner.read());
      if (shown !== undefined) return shown;
    }
    return null;
  }

  /** What may be shown now that this came; undefined where all of it may be the beginning of a secret. */
  #shown(bytes: Buffer | null): Buffer | null | undefined {
    if (bytes === null) {
      this.#over = true;
      return this.#held.length === 0 ? null : this.#concealer.bytes(this.#held);
    }
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const open = this.#concealer.openEnd(all);
    const settled = all.length - open;
    const text = this.#concealer.bytes(all, settled);
    this.#held = open === 0 ? NOTHING : Buffer.from(text.subarray(settled));
    return settled > 0 ? text.subarray(0, settled) : undefined;
  }
}

/** As it is, percent-encoded, and escaped as in JSON (with and without `\/`) and HTML. */
function written(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret);
  const lower = encoded.replaceAll(/%../g, (code) => code.toLowerCase());
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [secret, encoded, lower, json, json.replaceAll('/', String.raw`\/`), html];
}
