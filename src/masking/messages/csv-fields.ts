import { Refused } from '../../model/refusal.ts';
import type { BodyMasker } from '../../model/reply.ts';
import { cannotMask } from './cannot-mask.ts';
import type { FieldRule, FieldTree } from './field-tree.ts';

/** What stands for a value with a class, as text. */
export type MaskText = (rule: FieldRule, value: Buffer) => Buffer;

/** A masked value is held whole; of a longer one nothing is kept. So is the first line. */
const MOST_HELD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const REDACTED = Buffer.from('[redacted]');
const QUOTE = 34;
const LINE = 10;
const RETURN = 13;
/** Comma, semicolon, tab, bar: the one that stands in the first line most often. */
const SEPARATORS = [44, 59, 9, 124];

/** Masks the columns of CSV (RFC 4180) that its first line names, as it streams. */
export class CsvFields implements BodyMasker {
  readonly #tree: FieldTree;
  readonly #mask: MaskText;
  #rules: readonly (FieldRule | undefined)[] | undefined;
  #separator = 44;
  #column = 0;
  #isQuoted = false;
  /** Of the first line, or of the value at hand where it is masked. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(tree: FieldTree, mask: MaskText) {
    this.#tree = tree;
    this.#mask = mask;
  }

  push(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    let rest = bytes;
    if (this.#rules === undefined) {
      const end = this.#lineEnd(bytes);
      this.#hold(bytes.subarray(0, end), true);
      if (end === bytes.length && bytes[end - 1] !== LINE) return NOTHING;
      if (this.#isQuoted) return NOTHING;
      out.push(this.#header());
      rest = bytes.subarray(end);
    }
    this.#values(rest, out);
    return Buffer.concat(out);
  }

  end(): Buffer {
    if (this.#rules === undefined) return this.#heldBytes === 0 ? NOTHING : this.#header();
    return this.#rules[this.#column] === undefined ? NOTHING : this.#masked();
  }

  /** Behind the first line break that stands in no quotes. */
  #lineEnd(bytes: Buffer): number {
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === QUOTE) this.#isQuoted = !this.#isQuoted;
      else if (bytes[at] === LINE && !this.#isQuoted) return at + 1;
    }
    return bytes.length;
  }

  #header(): Buffer {
    const line = this.#taken();
    this.#separator = separatorOf(line);
    this.#rules = namesOf(line, this.#separator).map((name) => placeIn(this.#tree, name));
    if (this.#rules.every((rule) => rule === undefined)) {
      throw new Refused(cannotMask('the first line of the table names none of them'));
    }
    return line;
  }

  #values(bytes: Buffer, out: Buffer[]): void {
    const rules = this.#rules ?? [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (code === QUOTE) this.#isQuoted = !this.#isQuoted;
      const isEnd = !this.#isQuoted && (code === this.#separator || code === LINE || code === RETURN);
      if (!isEnd) continue;
      if (rules[this.#column] !== undefined) {
        this.#hold(bytes.subarray(from, at), false);
        out.push(this.#masked());
        from = at;
      }
      out.push(bytes.subarray(from, at + 1));
      from = at + 1;
      this.#column = code === this.#separator ? this.#column + 1 : 0;
      if (this.#column >= rules.length) {
        throw new Refused(cannotMask('a line of the table has more values than its first has names'));
      }
    }
    if (rules[this.#column] === undefined) out.push(bytes.subarray(from));
    else this.#hold(bytes.subarray(from), false);
  }

  #hold(bytes: Buffer, isHeader: boolean): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= MOST_HELD_BYTES) this.#held.push(Buffer.from(bytes));
    else if (isHeader) throw new Refused(cannotMask('the first line of the table is too long'));
    else this.#held = [];
  }

  #taken(): Buffer {
    const taken = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return taken;
  }

  #masked(): Buffer {
    const rule = this.#rules?.[this.#column];
    const isLong = this.#heldBytes > MOST_HELD_BYTES;
    const cell = this.#taken();
    if (isLong) return REDACTED;
    const value = plain(cell);
    if (rule === undefined || value.length === 0) return cell;
    const masked = this.#mask(rule, value);
    const isPlain =
      cell[0] !== QUOTE && !masked.some((code) => code === this.#separator || code < 32 || code === QUOTE);
    return isPlain ? masked : Buffer.from(`"${masked.toString('latin1').replaceAll('"', '""')}"`, 'latin1');
  }
}

function separatorOf(line: Buffer): number {
  const times = SEPARATORS.map((separator) => line.filter((code) => code === separator).length);
  return SEPARATORS[times.indexOf(Math.max(...times))] ?? 44;
}

function namesOf(line: Buffer, separator: number): readonly string[] {
  const names: string[] = [];
  let from = 0;
  let isQuoted = false;
  const text = line.toString('utf8').replace(/\r?\n$/, '');
  for (let at = 0; at <= text.length; at++) {
    if (text.charCodeAt(at) === QUOTE) isQuoted = !isQuoted;
    if (at < text.length && (isQuoted || text.charCodeAt(at) !== separator)) continue;
    names.push(
      plain(Buffer.from(text.slice(from, at)))
        .toString('utf8')
        .trim(),
    );
    from = at + 1;
  }
  return names;
}

function plain(cell: Buffer): Buffer {
  const text = cell.toString('latin1').trim();
  if (!text.startsWith('"')) return cell;
  return Buffer.from(text.replace(/^"|"$/g, '').replaceAll('""', '"'), 'latin1');
}

/** A column may be called as the field, or by the whole way to it. */
export function placeIn(tree: FieldTree, name: string): FieldRule | undefined {
  const names = name.split(/[.[\]]+/).filter((step) => step !== '');
  return tree.root.at(name).rule ?? names.reduce((place, step) => place.at(step), tree.root).rule;
}
