import type { JsonObject } from '../json-object.ts';
import { messageOf } from './message-types.ts';
import { messageJson } from './object-json.ts';
import { MOST_FIELDS, type WireField, wireFields } from './wire-fields.ts';

/** An object as protobuf (apimachinery, "runtime.Unknown"). */
export interface ProtobufObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of its metadata, which is the first field of all kinds that have some. */
  readonly name: string | undefined;
  /** The same object in JSON; undefined of kinds that nobody here knows, and where anything in it is not known. */
  readonly json: JsonObject | undefined;
  /** All that stands in it, by numbers of fields: `{1: {1: "web"}, 2: 3}`. */
  readonly shown: string;
}

const MAGIC = Buffer.from('k8s\0');
const MOST_DEPTH = 40;

/** Undefined of what is no such object, or says more of itself than what it is. */
export function protobufObject(bytes: Buffer): ProtobufObject | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const envelope = fieldsOf(bytes.subarray(MAGIC.length));
  if (envelope === undefined || envelope.some(isMore)) return undefined;
  const [type, more] = envelope.filter(({ number }) => number === 1);
  const [raw, others] = envelope.filter(({ number }) => number === 2);
  if (more !== undefined || others !== undefined || !(type?.value instanceof Buffer)) return undefined;
  const meta = fieldsOf(type.value);
  const object = raw?.value instanceof Buffer ? raw.value : Buffer.alloc(0);
  const fields = fieldsOf(object);
  if (meta === undefined || fields === undefined) return undefined;
  const [metadata, again] = fields.filter(({ number }) => number === 1).map(({ value }) => value);
  // Two would be read as one.
  if (again !== undefined && metadata instanceof Buffer) return undefined;
  const named = metadata instanceof Buffer ? fieldsOf(metadata) : undefined;
  const name = named === undefined ? undefined : textOf(named, 1);
  const [apiVersion, kind] = [textOf(meta, 1) ?? '', textOf(meta, 2) ?? ''];
  return {
    apiVersion,
    kind,
    name: name === '' ? undefined : name,
    json: isPlainType(meta) ? jsonOf(apiVersion, kind, object) : undefined,
    shown: shownMessage(fields, 0),
  };
}

function jsonOf(apiVersion: string, kind: string, object: Buffer): JsonObject | undefined {
  const type = messageOf(apiVersion, kind);
  const members = type === undefined ? undefined : messageJson(type, object, { left: MOST_FIELDS });
  return members === undefined ? undefined : { apiVersion, kind, ...members };
}

/** What it is, said once. */
function isPlainType(meta: readonly WireField[]): boolean {
  return meta.length === 2 && meta.some(({ number }) => number === 1) && meta.some(({ number }) => number === 2);
}

function fieldsOf(bytes: Buffer): readonly WireField[] | undefined {
  return wireFields(bytes, { left: MOST_FIELDS });
}

function textOf(fields: readonly WireField[], wanted: number): string | undefined {
  const found = fields.findLast(({ number }) => number === wanted)?.value;
  return found instanceof Buffer ? found.toString('utf8') : undefined;
}

function shownMessage(fields: readonly WireField[], depth: number): string {
  return `{${fields.map(({ number, value }) => `${number}: ${shownValue(value, depth)}`).join(', ')}}`;
}

/** What has no control characters is text; what has may be a message, or several lines. */
function shownValue(value: bigint | Buffer, depth: number): string {
  if (typeof value === 'bigint') return value.toString();
  const text = value.toString('utf8');
  const isText = !text.includes('\uFFFD');
  if (isText && !/\p{Cc}/u.test(text)) return JSON.stringify(text);
  const inner = depth < MOST_DEPTH ? fieldsOf(value) : undefined;
  if (inner !== undefined) return shownMessage(inner, depth + 1);
  return isText ? JSON.stringify(text) : `0x${value.toString('hex')}`;
}

/** A coding or a type of its own, which are there and empty as clients write it. */
function isMore({ number, value }: WireField): boolean {
  if (number === 1 || number === 2) return false;
  return (number !== 3 && number !== 4) || !(value instanceof Buffer) || value.length > 0;
}
