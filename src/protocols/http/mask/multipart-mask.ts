import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import { isTranscoded } from './charset.ts';
import { parameterOf } from './parameters.ts';
import { unmaskable } from './unmaskable.ts';

/** The fields of a part, and the line that begins it. */
const MOST_HEAD_BYTES = 16 * 1024;
const MOST_LINE_BYTES = 256;
const NOTHING = Buffer.alloc(0);
const LINE = 10;

type State = 'before' | 'delimiter' | 'head' | 'body' | 'behind';

/** Masks the parts of a multipart body (RFC 2046, 5.1), each by its own type, as they stream. */
export class MultipartMask implements BodyMasker {
  readonly #delimiter: Buffer;
  readonly #masks: MessageMasks;
  readonly #open: (contentType: string) => BodyMasker;
  #state: State = 'before';
  #held: Buffer;
  /** Of what is between two delimiters. */
  #mask: BodyMasker;

  constructor(boundary: string, masks: MessageMasks, open: (contentType: string) => BodyMasker) {
    this.#delimiter = Buffer.from(`\n--${boundary}`, 'latin1');
    this.#masks = masks;
    this.#open = open;
    // The first delimiter may be the first line.
    this.#mask = new WithoutFirst(this.#between());
    this.#held = Buffer.from('\n');
  }

  push(bytes: Buffer): Buffer {
    this.#held = Buffer.concat([this.#held, bytes]);
    const out: Buffer[] = [];
    while (this.#step(out));
    return Buffer.concat(out);
  }

  end(): Buffer {
    switch (this.#state) {
      case 'before':
      case 'body':
      case 'head':
        throw unmaskable('it has no end');
      case 'delimiter':
        if (!/^--[ \t]*\r?$/.test(this.#held.toString('latin1', this.#delimiter.length - 1))) {
          throw unmaskable('it has no end');
        }
        return this.#held;
      case 'behind':
        return this.#mask.end();
      default:
        return this.#state satisfies never;
    }
  }

  /** False where more bytes are needed. */
  #step(out: Buffer[]): boolean {
    switch (this.#state) {
      case 'before':
      case 'body':
        return this.#untilDelimiter(out);
      case 'delimiter':
        return this.#line(out);
      case 'head':
        return this.#head(out);
      case 'behind':
        if (this.#held.length > 0) out.push(this.#mask.push(this.#held));
        this.#held = NOTHING;
        return false;
      default:
        return this.#state satisfies never;
    }
  }

  #untilDelimiter(out: Buffer[]): boolean {
    const at = this.#held.indexOf(this.#delimiter);
    // What may be the beginning of a delimiter waits.
    const until = at < 0 ? this.#held.length - this.#delimiter.length : at + 1;
    if (until > 0) {
      out.push(this.#mask.push(this.#held.subarray(0, until)));
      this.#held = Buffer.from(this.#held.subarray(until));
    }
    if (at < 0) return false;
    out.push(this.#mask.end());
    this.#state = 'delimiter';
    return true;
  }

  /** The rest of a delimiter's line: blanks, or two hyphens where it is the last. */
  #line(out: Buffer[]): boolean {
    const end = this.#held.indexOf(LINE);
    if (end < 0 && this.#held.length > MOST_LINE_BYTES) throw unmaskable(AMBIGUOUS);
    if (end < 0) return false;
    const isLast = this.#isLast();
    const rest = this.#held.toString('latin1', this.#delimiter.length - 1, end);
    if (!/^(?:--)?[ \t]*\r?$/.test(rest)) throw unmaskable(AMBIGUOUS);
    out.push(Buffer.from(this.#held.subarray(0, end + 1)));
    this.#held = Buffer.from(this.#held.subarray(end + 1));
    this.#mask = this.#between();
    this.#state = isLast ? 'behind' : 'head';
    return true;
  }

  #isLast(): boolean {
    return this.#held.toString('latin1', this.#delimiter.length - 1, this.#delimiter.length + 1) === '--';
  }

  #head(out: Buffer[]): boolean {
    const text = this.#held.toString('latin1', 0, MOST_HEAD_BYTES);
    const end = /(?:^|\n)\r?\n/.exec(text);
    if (end === null) {
      if (this.#held.length > MOST_HEAD_BYTES) throw unmaskable('the fields of a part are too long');
      return false;
    }
    const until = end.index + end[0].length;
    const whole = Buffer.from(this.#held.subarray(0, until));
    const head = this.#masks.needsFields ? withoutOthers(whole) : whole;
    this.#mask = this.#open(typeOf(whole.toString('latin1')));
    out.push(this.#masks.words(head) ?? head);
    // A part may be empty: its delimiter then follows the line break of its head.
    this.#held = Buffer.concat([Buffer.from('\n'), this.#held.subarray(until)]);
    this.#mask = new WithoutFirst(this.#mask);
    this.#state = 'body';
    return true;
  }

  /** What stands before the parts and behind them is for nobody (5.1.1); it goes where something has a class. */
  #between(): BodyMasker {
    return this.#masks.needsFields ? DROPPED : this.#masks.body('text');
  }
}

const AMBIGUOUS = 'where its parts begin can be read in two ways';
const DROPPED: BodyMasker = { push: () => NOTHING, end: () => NOTHING };

/** Of what it is given the first byte is left out. */
class WithoutFirst implements BodyMasker {
  readonly #inner: BodyMasker;
  #isFirst = true;

  constructor(inner: BodyMasker) {
    this.#inner = inner;
  }

  push(bytes: Buffer): Buffer {
    if (!this.#isFirst || bytes.length === 0) return this.#inner.push(bytes);
    this.#isFirst = false;
    return this.#inner.push(bytes.subarray(1));
  }

  end(): Buffer {
    return this.#inner.end();
  }
}

/** A part's own fields are those of `Content-…` (RFC 2046, 5.1); what else stands there may be anything. */
function withoutOthers(head: Buffer): Buffer {
  const lines = head
    .toString('latin1')
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split('\n');
  return Buffer.from(
    lines.filter((line) => line.trim() === '' || /^content-[a-z-]+:/i.test(line)).join('\n'),
    'latin1',
  );
}

/** Of a part, by its fields; throws `Refused` where it cannot be read as it stands. */
function typeOf(head: string): string {
  const fields = head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const values = (wanted: string): readonly string[] =>
    fields.flatMap((line) => {
      const colon = line.indexOf(':');
      return line.slice(0, colon).trim().toLowerCase() === wanted ? [line.slice(colon + 1).trim()] : [];
    });
  const codings = [...values('content-transfer-encoding'), ...values('content-encoding')];
  if (codings.some((coding) => !PLAIN.has(coding.toLowerCase()))) throw unmaskable('a part of it is encoded');
  const types = values('content-type');
  if (types.length > 1) throw unmaskable('a part of it has two types');
  const [type = 'text/plain'] = types;
  if (isTranscoded(parameterOf(type, 'charset'))) throw unmaskable('a part of it is in another character set');
  return type;
}

const PLAIN: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary', 'identity', '']);
