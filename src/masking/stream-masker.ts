import { LIMITS } from '../model/limits.ts';
import type { MaskCount } from '../model/reply.ts';
import { settledLines } from './detectors/private-key.ts';
import type { Finding } from './finding.ts';
import type { Findings } from './findings.ts';
import { type CountFinding, maskFreeText } from './mask-content.ts';
import { MaskCounts } from './mask-counts.ts';
import { REDACTED } from './mask-text.ts';

const NOTHING = Buffer.alloc(0);
const NEWLINE = 10;
const RETURN = 13;
/** How far before a secret or an id the word may stand that names it (the detectors' own windows). */
const NAMING_BYTES = 64;
/** How far into the text that word can reach, and what it names. */
const NAMED_BYTES = 256;

/**
 * Masks text that arrives in chunks cut anywhere, as if it had arrived whole. No finding but a private key goes beyond
 * its line, so whole lines are let go and the last, unfinished one is held; and a private key from its first marker on.
 * A word that names a number may stand in the line before: the end of what was let go is remembered for that.
 * At most `LIMITS.maxHeldStreamBytes` are held: of a longer line all but the last piece is let go, and that piece is
 * what a finding may be cut by.
 */
export class StreamMasker {
  readonly #findings: Findings;
  readonly #counts = new MaskCounts();
  #held: Buffer = NOTHING;
  /** The last of what was let go, as it came. */
  #before: Buffer = NOTHING;
  /** True inside a finding that was longer than what may be held: the rest of it is dropped. */
  #dropping = false;
  #count: CountFinding = (detector: string): void => this.#counts.add('detector', detector);

  /** `count` is told of each finding, where somebody else counts. `before` stands before the text, which may name what is in it. */
  constructor(findings: Findings, count?: CountFinding, before: Buffer = NOTHING) {
    this.#findings = findings;
    if (count !== undefined) this.#count = count;
    this.#before = Buffer.from(before.subarray(-NAMING_BYTES));
  }

  /** What may go on now; views of `chunk` where nothing changed. */
  push(chunk: Buffer): Buffer {
    const released: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      // A line that is too long is cut at the same place, however it comes.
      const end = Math.min(chunk.length, at + LIMITS.maxHeldStreamBytes + 1 - this.#held.length);
      this.#take(chunk.subarray(at, end), released);
      at = end;
    }
    return released.length === 1 ? released[0]! : Buffer.concat(released);
  }

  #take(chunk: Buffer, released: Buffer[]): void {
    const fresh = this.#dropping ? this.#drop(chunk) : chunk;
    if (fresh.length === 0) return;
    const text = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    const lines = Math.max(text.lastIndexOf(NEWLINE), text.lastIndexOf(RETURN)) + 1;
    const settled = this.#findings.includes('private-key') ? settledLines(text, lines) : lines;
    released.push(this.#mask(text, settled));
    if (this.#held.length > LIMITS.maxHeldStreamBytes) released.push(this.#relieve());
  }

  /**
   * All that is held, for a stream that pauses inside a line (a prompt). A finding that goes on after the pause is not
   * found whole: the caller chooses how long a pause must be.
   */
  flush(): Buffer {
    return this.#mask(this.#held, this.#held.length);
  }

  /**
   * What is held up to where nothing that is looked for can go on behind the pause: a key is not, nor a word, nor numbers
   * with spaces between. A prompt that ends in a space or a sign is let go.
   */
  settle(): Buffer {
    const text = this.#held;
    if (
      text.length === 0 ||
      (this.#findings.includes('private-key') && settledLines(text, text.length) < text.length)
    ) {
      return NOTHING;
    }
    // The first words of a key's marker are words as any.
    const marker = this.#findings.includes('private-key') ? text.indexOf('-----BEGIN') : -1;
    let end = marker < 0 ? text.length : marker;
    while (end > 0 && isOfWord(text[end - 1]!)) end--;
    // Numbers of cards, accounts and phones are written in groups.
    let groups = end;
    while (groups > 0 && isOfNumber(text[groups - 1]!)) groups--;
    const isNumber = text.subarray(groups, end).some((code) => code >= 48 && code <= 57);
    return this.#mask(text, isNumber ? groups : end);
  }

  counts(): readonly MaskCount[] {
    return this.#counts.all();
  }

  /** Masks `text[0, end)`, and holds the rest. */
  #mask(text: Buffer, end: number): Buffer {
    // A copy: the chunk that a view is of may be used again by whoever reads.
    this.#held = end === text.length ? NOTHING : Buffer.from(text.subarray(end));
    const released =
      maskFreeText(this.#findings, text, 0, end, this.#count, this.#named(text, end)) ?? text.subarray(0, end);
    this.#before = Buffer.concat([this.#before, text.subarray(Math.max(0, end - NAMING_BYTES), end)]).subarray(
      -NAMING_BYTES,
    );
    return released;
  }

  /** What is only found in the beginning of `text[0, end)` because of what stands before it. */
  #named(text: Buffer, end: number): readonly Finding[] {
    const before = this.#before.length;
    if (before === 0 || end === 0) return [];
    const both = Buffer.concat([this.#before, text.subarray(0, Math.min(end, NAMED_BYTES))]);
    return this.#findings
      .in(both, 0, both.length)
      .filter(({ start, end: last }) => start >= before && (last < both.length || end <= NAMED_BYTES))
      .map((found) => ({ ...found, start: found.start - before, end: found.end - before }));
  }

  /** Lets go of a line that is too long to be held, but for its last quarter and any finding that reaches into that. */
  #relieve(): Buffer {
    const text = this.#held;
    const wanted = text.length - (LIMITS.maxHeldStreamBytes >> 2);
    const across = this.#findings.in(text, 0, text.length).find(({ start, end }) => start < wanted && end > wanted);
    if (across === undefined) return this.#mask(text, wanted);
    if (across.start > 0) return this.#mask(text, across.start);
    if (across.end < text.length) return this.#mask(text, across.end);
    this.#count(across.detector);
    this.#held = NOTHING;
    this.#dropping = true;
    return Buffer.from(REDACTED);
  }

  /** The chunk from where the finding that is being dropped ends. */
  #drop(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length && chunk[at]! > 32) at++;
    this.#dropping = at === chunk.length;
    return chunk.subarray(at);
  }
}

/** Letters, digits, what is above ASCII, and the signs that stand in addresses, tokens and addresses of networks. */
function isOfWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code > 127 ||
    SIGNS.has(code)
  );
}

function isOfNumber(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 32 || code === 45 || code === 46;
}

const SIGNS: ReadonlySet<number> = new Set(Buffer.from('+/=_-.@:%~'));
