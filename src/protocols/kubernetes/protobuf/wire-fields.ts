/** A field as it stands on the wire (protobuf, "Encoding"). */
export type WireField =
  | { readonly number: number; readonly wire: 'varint' | 'fixed'; readonly value: bigint }
  | { readonly number: number; readonly wire: 'bytes'; readonly value: Buffer };

/** How many fields an object has at most, those of its messages among them; JSON's bound is the same (read-body.ts). */
export const MOST_FIELDS = 200_000;

/** Counts fields of one object, however deep they stand. */
export interface FieldBudget {
  left: number;
}

/** The fields of a message in their order; undefined where the bytes are none, or there are more than are left. */
export function wireFields(bytes: Buffer, budget: FieldBudget): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const tag = reader.varint();
    if (tag === undefined || tag > 0xffff_ffffn || tag >> 3n === 0n || --budget.left < 0) return undefined;
    const field = fieldOf(Number(tag >> 3n), Number(tag & 7n), reader);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields;
}

function fieldOf(number: number, type: number, reader: Reader): WireField | undefined {
  switch (type) {
    case 0: {
      const value = reader.varint();
      return value === undefined ? undefined : { number, wire: 'varint', value };
    }
    case 1: {
      const value = reader.take(8)?.readBigUInt64LE();
      return value === undefined ? undefined : { number, wire: 'fixed', value };
    }
    case 2: {
      const length = reader.varint();
      const value = length === undefined || length > 0x7fff_ffffn ? undefined : reader.take(Number(length));
      return value === undefined ? undefined : { number, wire: 'bytes', value };
    }
    case 5: {
      const value = reader.take(4)?.readUInt32LE();
      return value === undefined ? undefined : { number, wire: 'fixed', value: BigInt(value) };
    }
    default:
      // Groups are of long ago, and no kind has one.
      return undefined;
  }
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Undefined of one that does not end, or is longer than 64 bits: readers cut that off in different ways. */
  varint(): bigint | undefined {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value <= 0xffff_ffff_ffff_ffffn ? value : undefined;
    }
    return undefined;
  }

  take(length: number): Buffer | undefined {
    const from = this.at;
    this.at += length;
    return this.at <= this.#bytes.length ? this.#bytes.subarray(from, this.at) : undefined;
  }
}
