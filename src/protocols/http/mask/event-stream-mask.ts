import { LIMITS } from '../../../model/limits.ts';
import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import { maskWhole } from './mask-whole.ts';
import { unmaskable } from './unmaskable.ts';

/** An event is taken apart by lines, of which nobody sends so many. */
const MOST_LINES = 100_000;
const LINE = 10;
const RETURN = 13;

/**
 * Masks server-sent events (WHATWG HTML, 9.2) one by one: the data of each, put together from its lines, as JSON where it is
 * some, and otherwise as text. An event is let go when it is over.
 */
export class EventStreamMask implements BodyMasker {
  readonly #masks: MessageMasks;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #lines = 0;
  /** True where the last line was empty so far, so that another line end is the end of an event. */
  #isLineEmpty = true;
  #wasReturn = false;

  constructor(masks: MessageMasks) {
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      const isPair = code === LINE && this.#wasReturn;
      this.#wasReturn = code === RETURN;
      if (isPair) continue;
      if (code !== LINE && code !== RETURN) this.#isLineEmpty = false;
      else if (++this.#lines > MOST_LINES) throw unmaskable('an event in it has too many lines');
      else if (!this.#isLineEmpty) this.#isLineEmpty = true;
      else {
        this.#hold(bytes.subarray(from, at + 1));
        out.push(this.#event());
        from = at + 1;
      }
    }
    this.#hold(bytes.subarray(from));
    return Buffer.concat(out);
  }

  /** Readers drop an event that is not over; it is masked all the same. */
  end(): Buffer {
    return this.#event();
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > LIMITS.maxMaskedHttpBytes) throw unmaskable('an event in it is too long');
    this.#held.push(Buffer.from(bytes));
  }

  #event(): Buffer {
    const event = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#lines = 0;
    const text = event.toString('latin1');
    const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
    const data = lines.filter(isData).map(valueOf);
    const joined = Buffer.from(data.join('\n'), 'latin1');
    const masked = data.length === 0 ? joined : this.#data(joined);
    const others = lines.map((line) => (isData(line) ? line : this.#line(line)));
    if (masked.equals(joined) && others.every((line, at) => line === lines[at])) return event;
    return Buffer.from(withData(others, masked.toString('latin1')), 'latin1');
  }

  #data(data: Buffer): Buffer {
    const { needsFields } = this.#masks;
    const text = data.toString('latin1').trim();
    // The end of a stream of JSON, as many services say it.
    if (text === '[DONE]') return data;
    if (/^[[{"]/.test(text) || (needsFields && text !== '')) return maskWhole(this.#masks.body('json'), data);
    return maskWhole(this.#masks.body('text'), data);
  }

  /** Names and ids are text that no class is of; comments are for nobody, and what is no line of an event may be anything. */
  #line(line: string): string {
    const bare = line.replace(/^\u00ef\u00bb\u00bf/, '').trimEnd();
    if (this.#masks.needsFields && bare !== '') {
      if (bare.startsWith(':')) return line.replace(/:[^\r\n]*/, ':');
      if (!/^(?:event|id|retry)(?::|$)/.test(bare)) throw unmaskable('a line in it is of no event');
    }
    return this.#masks.words(Buffer.from(line, 'latin1'))?.toString('latin1') ?? line;
  }
}

function isData(line: string): boolean {
  return /^data(?:[:\r\n]|$)/.test(line.replace(/^\u00ef\u00bb\u00bf/, ''));
}

function valueOf(line: string): string {
  const [, value = ''] = /^(?:\u00ef\u00bb\u00bf)?data:? ?([^\r\n]*)/.exec(line) ?? [];
  return value;
}

/** The lines with this data where the first line of data was, in the same line ends. */
function withData(lines: readonly string[], data: string): string {
  const end = /(?:\r\n|\r|\n)$/.exec(lines[0] ?? '')?.[0] ?? '\n';
  const written = data.split('\n').map((line) => `data: ${line}${end}`);
  const first = lines.findIndex(isData);
  return lines.flatMap((line, at) => (at === first ? written : isData(line) ? [] : [line])).join('');
}
