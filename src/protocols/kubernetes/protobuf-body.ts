/** An object as protobuf, as far as it can be read without knowing its kind's fields (apimachinery, "runtime.Unknown"). */
export interface ProtobufObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of its metadata, which is the first field of all kinds that have some. */
  readonly name: string | undefined;
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
  return {
    apiVersion: textOf(meta, 1) ?? '',
    kind: textOf(meta, 2) ?? '',
    name: name === '' ? undefined : name,
    shown: shownMessage(fields, 0),
  };
}

interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a message (protobuf, "Encoding"); undefined where the bytes are none. */
function fieldsOf(bytes: Buffer): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag > 0xffff_ffffn || tag >> 3n === 0n) return undefined;
    const value = valueOf(Number(tag & 7n), varint, (length) => {
      const taken = at + length <= bytes.length ? bytes.subarray(at, at + length) : undefined;
      at += length;
      return taken;
    });
    if (value === undefined) return undefined;
    fields.push({ number: Number(tag >> 3n), value });
  }
  return fields;
}

function valueOf(
  type: number,
  varint: () => bigint | undefined,
  take: (length: number) => Buffer | undefined,
): bigint | Buffer | undefined {
  switch (type) {
    case 0:
      return varint();
    case 1:
      return take(8)?.readBigUInt64LE();
    case 2: {
      const length = varint();
      return length === undefined || length > 0x7fff_ffffn ? undefined : take(Number(length));
    }
    case 5: {
      const word = take(4);
      return word === undefined ? undefined : BigInt(word.readUInt32LE());
    }
    default:
      // Groups are of long ago, and no kind has one.
      return undefined;
  }
}

function textOf(fields: readonly Field[], wanted: number): string | undefined {
  const found = fields.findLast(({ number }) => number === wanted)?.value;
  return found instanceof Buffer ? found.toString('utf8') : undefined;
}

function shownMessage(fields: readonly Field[], depth: number): string {
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
function isMore({ number, value }: Field): boolean {
  if (number === 1 || number === 2) return false;
  return (number !== 3 && number !== 4) || !(value instanceof Buffer) || value.length > 0;
}
