import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../../../model/http.ts';
import { strictJson } from '../../http/inspect/strict-json.ts';
import { isObject, type JsonObject } from '../json-object.ts';
import { type FieldType, type MessageType, messageTypes } from './message-types.ts';
import { type FieldBudget, type WireField, wireFields } from './wire-fields.ts';

/**
 * A message as the JSON of the same object, what is empty left out as clients leave it out. Undefined where anything in it is
 * not known, stands twice, or is in another form than Kubernetes writes it: then it may mean something else to its server.
 */
export function messageJson(type: MessageType, bytes: Buffer, budget: FieldBudget): JsonObject | undefined {
  const fields = wireFields(bytes, budget);
  if (fields === undefined) return undefined;
  const members = new Map<string, JsonValue>();
  const lists = new Map<string, JsonValue[]>();
  const seen = new Set<number>();
  for (const field of fields) {
    const known = type.get(field.number);
    if (known === undefined || (known.shape === 'one' && seen.has(field.number))) return undefined;
    seen.add(field.number);
    const isDone =
      known.shape === 'one' ? putOne(members, known, field, budget) : putAmong(lists, known, field, budget);
    if (!isDone) return undefined;
  }
  for (const [name, items] of lists) {
    const isMap = [...type.values()].some((known) => known.name === name && known.shape === 'map');
    const value = isMap ? mapOf(items) : items;
    if (value === undefined) return undefined;
    members.set(name, value);
  }
  return Object.fromEntries(members);
}

/** False where it cannot be read. */
function putOne(members: Map<string, JsonValue>, known: FieldType, field: WireField, budget: FieldBudget): boolean {
  const value = valueOf(known.type, field, budget);
  if (value === undefined) return false;
  if (known.name === undefined) {
    if (!isObject(value)) return false;
    for (const [name, inner] of Object.entries(value)) members.set(name, inner);
    return true;
  }
  if (known.hasPresence ? value !== null : !isEmpty(known.type, value)) members.set(known.name, value);
  return true;
}

function putAmong(lists: Map<string, JsonValue[]>, known: FieldType, field: WireField, budget: FieldBudget): boolean {
  const { name = '', type, shape } = known;
  const value = shape === 'map' ? entryOf(type, field, budget) : valueOf(type, field, budget);
  if (value === undefined) return false;
  const items = lists.get(name);
  if (items === undefined) lists.set(name, [value]);
  else items.push(value);
  return true;
}

/** A key and its value, as a pair; either is left out where it is empty. */
function entryOf(type: string, field: WireField, budget: FieldBudget): readonly JsonValue[] | undefined {
  const entry = field.wire === 'bytes' ? wireFields(field.value, budget) : undefined;
  if (entry === undefined) return undefined;
  const [keys, values] = [entry.filter(({ number }) => number === 1), entry.filter(({ number }) => number === 2)];
  if (keys.length > 1 || values.length > 1 || keys.length + values.length !== entry.length) return undefined;
  const key = keys[0] === undefined ? '' : valueOf('string', keys[0], budget);
  const empty: WireField = { number: 2, wire: 'bytes', value: Buffer.alloc(0) };
  const value = valueOf(type, values[0] ?? empty, budget);
  return key === undefined || value === undefined ? undefined : [key, value];
}

/** Undefined where a key stands twice. */
function mapOf(pairs: readonly JsonValue[]): JsonObject | undefined {
  const members = new Map(pairs as readonly (readonly [string, JsonValue])[]);
  return members.size === pairs.length ? Object.fromEntries(members) : undefined;
}

function isEmpty(type: string, value: JsonValue): boolean {
  if (value === '' || value === null || value === false) return true;
  if (value === 0) return type !== 'IntOrString';
  return isObject(value) && Object.keys(value).length === 0;
}

/** Undefined of what is not of its type. `null` is a time that nobody set. */
function valueOf(type: string, field: WireField, budget: FieldBudget): JsonValue | undefined {
  if (type === 'int32' || type === 'int64' || type === 'bool') {
    return field.wire === 'varint' ? scalarOf(type, BigInt.asIntN(64, field.value)) : undefined;
  }
  if (field.wire !== 'bytes') return undefined;
  const { value } = field;
  if (type === 'string') return isUtf8(value) ? value.toString('utf8') : undefined;
  if (type === 'bytes') return value.toString('base64');
  const own = OWN_FORMS[type];
  const inner = own?.type ?? messageTypes().get(type);
  const message = inner === undefined ? undefined : messageJson(inner, value, budget);
  return message === undefined || own === undefined ? message : own.read(message);
}

const MOST_INT32 = 0x7fff_ffffn;

function scalarOf(type: 'int32' | 'int64' | 'bool', value: bigint): JsonValue | undefined {
  if (type === 'bool') return value === 0n || value === 1n ? value === 1n : undefined;
  if (type === 'int32' && (value > MOST_INT32 || value < -MOST_INT32 - 1n)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

interface OwnForm {
  readonly type: MessageType;
  readonly read: (message: JsonObject) => JsonValue | undefined;
}

const one = (name: string, type: string, shape: FieldType['shape'] = 'one'): FieldType => ({
  name,
  type,
  shape,
  hasPresence: true,
});

const TIME: MessageType = new Map([
  [1, one('seconds', 'int64')],
  [2, one('nanos', 'int32')],
]);

/** Messages that are something else in JSON (k8s.io/apimachinery: `Time`, `resource.Quantity`, `IntOrString`, `RawExtension`). */
const OWN_FORMS: Readonly<Record<string, OwnForm>> = {
  Time: { type: TIME, read: ({ seconds, nanos }) => timeOf(seconds, nanos) },
  Quantity: { type: new Map([[1, one('string', 'string')]]), read: ({ string }) => string ?? '0' },
  IntOrString: {
    type: new Map([
      [1, one('type', 'int64')],
      [2, one('intVal', 'int32')],
      [3, one('strVal', 'string')],
    ]),
    read: ({ type = 0, intVal = 0, strVal = '' }) => (type === 0 ? intVal : type === 1 ? strVal : undefined),
  },
  Raw: { type: new Map([[1, one('raw', 'bytes')]]), read: ({ raw }) => rawOf(raw) },
  Items: { type: new Map([[1, one('items', 'string', 'list')]]), read: ({ items = [] }) => items },
};

/** To the second, as JSON has it; one without seconds and nanoseconds is none. */
function timeOf(seconds: JsonValue | undefined, nanos: JsonValue | undefined): JsonValue | undefined {
  if (seconds === undefined && nanos === undefined) return null;
  const date = new Date(Number(seconds ?? 0) * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0) return undefined;
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function rawOf(raw: JsonValue | undefined): JsonValue | undefined {
  const text = Buffer.from(typeof raw === 'string' ? raw : '', 'base64');
  if (!isUtf8(text)) return undefined;
  const read = strictJson(text.toString('utf8'), { maxDepth: 200, maxValues: 200_000 });
  return 'why' in read ? undefined : read.value;
}
