import type { FieldMasker, Part, Told } from '../../model/reply.ts';
import { BACKEND, message } from './messages.ts';

/** One message that stands by itself: a notice, a notification, a parameter's change. */
export class WholePart implements Part {
  readonly wire: Buffer;

  constructor(wire: Buffer) {
    this.wire = wire;
  }

  rewrite(masker: FieldMasker): Part {
    const changed = rewriteText(this.wire, masker);
    return changed === undefined ? this : new WholePart(changed);
  }
}

/** What is addressed by a name: a channel, a setting. */
const ADDRESSED: ReadonlySet<number> = new Set([BACKEND.notification, BACKEND.parameterStatus]);

/** Fields of an error that carry no text of the data: severity, code, positions, source file, line, routine. */
const FIXED_FIELDS = new Set(Buffer.from('SVCPpFLR', 'latin1'));

/** An error, a notice, a notification or a setting's change with its free text masked; undefined where unchanged. */
export function rewriteText(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const type = wire[0] as number;
  if (type !== BACKEND.error && type !== BACKEND.notice && !ADDRESSED.has(type)) return undefined;
  if (masker.passes(wire, 'text')) return undefined;
  if (type === BACKEND.parameterStatus) return rewriteSetting(wire, masker);
  return type === BACKEND.notification ? rewriteNotification(wire, masker) : rewriteFields(wire, masker);
}

function rewriteFields(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const kept: Uint8Array[] = [];
  const fields = [...fieldsOf(wire)];
  const origin = originOf(wire, fields);
  let changed = false;
  for (const { at, end } of fields) {
    const part = partOf(wire[at] as number);
    const masked = part === undefined ? undefined : masker.text(wire, at + 1, end, { ...origin, part });
    changed ||= masked !== undefined;
    kept.push(wire.subarray(at, at + 1), masked === undefined ? wire.subarray(at + 1, end) : withoutNul(masked), NUL);
  }
  return changed ? message(wire[0] as number, ...kept, NUL) : undefined;
}

/** A field: its letter at `at`, its text from there to `end`. */
interface Field {
  readonly at: number;
  readonly end: number;
}

function* fieldsOf(wire: Buffer): Generator<Field> {
  for (let at = 5; at < wire.length && wire[at] !== 0; ) {
    const end = wire.indexOf(0, at);
    if (end < 0) return;
    yield { at, end };
    at = end + 1;
  }
}

/** What a field holds (manual, 55.8); undefined of those that hold no text of the data. */
function partOf(letter: number): Told['part'] | undefined {
  if (FIXED_FIELDS.has(letter)) return undefined;
  return PARTS.get(letter) ?? 'payload';
}

const PARTS: ReadonlyMap<number, Told['part']> = new Map(
  Object.entries({
    M: 'message',
    D: 'detail',
    H: 'hint',
    W: 'context',
    q: 'statement',
    s: 'name',
    t: 'name',
    c: 'name',
    d: 'name',
    n: 'name',
  } as const).map(([letter, part]) => [letter.charCodeAt(0), part]),
);

/**
 * Who said it. P points into the client's own text; what a statement within a function points into has p instead, and what
 * a value is parsed as (`email::regtype`) has a context, W. F is the
 * server's source file, which no statement can choose: RAISE and its like are in those of procedural languages, and what
 * another server said comes through those of dblink and postgres_fdw.
 */
function originOf(wire: Buffer, fields: readonly Field[]): Omit<Told, 'part'> {
  const of = (letter: string): string | undefined => {
    const field = fields.find(({ at }) => wire[at] === letter.charCodeAt(0));
    return field && wire.toString('latin1', field.at + 1, field.end);
  };
  const file = of('F');
  return {
    code: of('C') ?? '',
    atRequest: of('P') !== undefined && ['p', 'q', 'W'].every((letter) => of(letter) === undefined),
    ofServer: file !== undefined && /^[A-Za-z_\d]+\.c$/.test(file) && !OTHERS_FILES.test(file),
  };
}

const OTHERS_FILES = /^(?:pl(?!an)|spi|dblink|connection\.|postgres_fdw|libpq)/;

/** NotificationResponse (manual, 55.7): process id, channel, payload. */
function rewriteNotification(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const channelEnd = wire.indexOf(0, 9);
  const payloadEnd = channelEnd < 0 ? -1 : wire.indexOf(0, channelEnd + 1);
  if (payloadEnd < 0) return undefined;
  const masked = masker.text(wire, channelEnd + 1, payloadEnd, PAYLOAD);
  if (masked === undefined) return undefined;
  return message(BACKEND.notification, wire.subarray(5, channelEnd + 1), withoutNul(masked), NUL);
}

/** ParameterStatus (manual, 55.7): the values of these are of a short list, or the server's own. Others can be any text. */
const FIXED_SETTINGS =
  /^(?:client_encoding|DateStyle|IntervalStyle|default_transaction_read_only|in_hot_standby|integer_datetimes|is_superuser|server_encoding|server_version|standard_conforming_strings)$/;

function rewriteSetting(wire: Buffer, masker: FieldMasker): Buffer | undefined {
  const nameEnd = wire.indexOf(0, 5);
  const valueEnd = nameEnd < 0 ? -1 : wire.indexOf(0, nameEnd + 1);
  if (valueEnd < 0 || FIXED_SETTINGS.test(wire.toString('latin1', 5, nameEnd))) return undefined;
  const masked = masker.text(wire, nameEnd + 1, valueEnd, SETTING);
  if (masked === undefined) return undefined;
  return message(BACKEND.parameterStatus, wire.subarray(5, nameEnd + 1), withoutNul(masked), NUL);
}

const SETTING = { part: 'setting', code: '', atRequest: false, ofServer: false } as const;
const PAYLOAD = { part: 'payload', code: '', atRequest: false, ofServer: false } as const;
const NUL = Buffer.from([0]);

function withoutNul(text: Uint8Array): Uint8Array {
  return text.includes(0) ? text.filter((byte) => byte !== 0) : text;
}
