import type { Told } from '../model/reply.ts';
import type { Reading } from './column-rules.ts';
import { REDACTED } from './mask-text.ts';
import { placesIn, SERVER_DETAILS, SERVER_HINTS, SERVER_MESSAGES } from './server-texts.ts';

export interface MaskedErrorText {
  readonly text: string;
  /** Under which names to count what was replaced. */
  readonly columns: readonly string[];
}

/**
 * An error's or a notice's text of a statement that reads classified columns: PostgreSQL quotes row values in it. It stays
 * where it can hold no value, which is where the server points into the request (it was reading that, and no row), and
 * where it is one of the server's own texts; of these the values go. Anything else is replaced whole, as is what a
 * function of the database says. Text is latin1; undefined where nothing changes.
 */
export function maskErrorText(
  text: string,
  told: Told | undefined,
  reading: Reading,
  said: (() => Uint8Array) | undefined,
): MaskedErrorText | undefined {
  if (text === '' || told?.atRequest === true) return undefined;
  if (told === undefined || !told.ofServer) return WHOLE;
  switch (told.part) {
    case 'name':
      return undefined;
    case 'message':
    case 'hint':
      return maskOwnText(text, told, said) ?? WHOLE;
    case 'detail':
      return maskKeys(text, reading) ?? maskRow(text) ?? maskOwnText(text, told, said) ?? WHOLE;
    case 'context':
      return isOwnContext(text) ? undefined : maskContext(text);
    case 'statement':
    case 'setting':
    case 'payload':
      return WHOLE;
    default:
      return told.part satisfies never;
  }
}

const WHOLE: MaskedErrorText = { text: REDACTED, columns: ['unknown'] };

/** Undefined where it is none of the server's own texts. */
function maskOwnText(text: string, told: Told, said: (() => Uint8Array) | undefined): MaskedErrorText | undefined {
  const { part, code } = told;
  const texts = part === 'message' ? SERVER_MESSAGES : part === 'detail' ? SERVER_DETAILS : SERVER_HINTS;
  for (const template of [...(texts[code] ?? []), ...(texts[code.slice(0, 2)] ?? [])]) {
    const places = placesIn(template, text);
    if (places === undefined) continue;
    const secret = places.filter(
      ({ place, start, end }) => place === 'value' || (place === 'said' && !isSaid(text.slice(start, end), said)),
    );
    return { text: replaceAll(text, secret), columns: secret.map(() => 'unknown') };
  }
  return undefined;
}

/**
 * Whether the client's own request holds a text. A long request could hold everything that a value may be, and the
 * answer would tell which it was; what is short stands in any statement by chance.
 */
function isSaid(text: string, said: (() => Uint8Array) | undefined): boolean {
  if (text.length < MIN_SAID_CHARACTERS || said === undefined) return false;
  const request = said();
  return request.length <= MAX_SAID_BYTES && Buffer.from(request).toString('latin1').includes(text);
}

const MIN_SAID_CHARACTERS = 3;
const MAX_SAID_BYTES = 2_000;

/** `Key (email)=(ada@example.com) already exists.`: the values go where a column of the key is classified. */
function maskKeys(text: string, reading: Reading): MaskedErrorText | undefined {
  const isKey = KEYS.some((begin) => text.startsWith(begin));
  const [begin] = VALUES.flatMap((mark) => [text.indexOf(mark)].filter((at) => at >= 0).map((at) => at + mark.length));
  if (!isKey || begin === undefined || !text.endsWith('.')) return undefined;
  const named = reading.columns.filter(({ column }) => text.slice(0, begin).includes(column));
  if (named.length === 0 && !reading.opaque) return { text, columns: [] };
  const columns = named.map(({ schema, table, column }) => `${schema}.${table}.${column}`);
  const end = Math.max(begin, text.lastIndexOf(')'));
  return { text: replaceAll(text, [{ start: begin, end }]), columns: named.length > 0 ? columns : ['unknown'] };
}

const KEYS = ['Key (', 'Partition key of the failing row contains ('];
const VALUES = [')=(', ') = ('];

/** `Failing row contains (1, ada@example.com).` */
function maskRow(text: string): MaskedErrorText | undefined {
  if (!text.startsWith(ROW) || !text.endsWith(').')) return undefined;
  return { text: `${ROW}${REDACTED}).`, columns: ['unknown'] };
}

const ROW = 'Failing row contains (';

/** Where a function was, in the server's words; a line with anything else could be part of a value. */
function isOwnContext(text: string): boolean {
  return text.split('\n').every((line) => CONTEXT.test(line));
}

const CONTEXT =
  /^(?:PL\/pgSQL function (?:[\w.]+\([\w ,.[\]"]*\)|inline_code_block) (?:line \d+ at [\w ]+|while [\w ]+)|SQL function "\w+" (?:statement \d+|during \w+)|parallel worker)$/;

/** `COPY users, line 3, column email: "ada@example.com"` loses the value, any other context everything. */
function maskContext(text: string): MaskedErrorText {
  const [place] = COPY.test(text) ? [text.indexOf(': "')] : [];
  if (place === undefined || !text.endsWith('"')) return WHOLE;
  return { text: replaceAll(text, [{ start: place + 3, end: text.length - 1 }]), columns: ['unknown'] };
}

const COPY = /^COPY \w+, line \d+(?:, column \w+)?: "/;

function replaceAll(text: string, places: readonly { readonly start: number; readonly end: number }[]): string {
  let masked = '';
  let kept = 0;
  for (const { start, end } of places) {
    masked += text.slice(kept, start) + REDACTED;
    kept = end;
  }
  return masked + text.slice(kept);
}
