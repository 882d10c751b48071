import {
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Registry,
  ScalarType,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { BytesAside } from './bytes-aside.ts';

/** What masks the text of a message, and bytes that are text. */
export interface MessageMask {
  /** Of the message as JSON: values may become others, never another shape. */
  json(text: Buffer): Buffer;
  /** Undefined where nothing is found. */
  words(text: Buffer): Buffer | undefined;
}

/**
 * A message with its values masked by their place and by what is found in them. A value that its type cannot hold becomes
 * the type's zero. What the descriptors do not know is left out. Throws where the message cannot be read.
 */
export function maskedMessage(
  type: DescMessage,
  registry: Registry,
  payload: Uint8Array,
  mask: MessageMask,
): Uint8Array {
  const message = reflect(type, fromBinary(type, payload));
  const aside = new BytesAside(mask);
  aside.take(message);
  const before = toJson(type, message.message, { registry, useProtoFieldName: true });
  const after = JSON.parse(mask.json(Buffer.from(JSON.stringify(before))).toString()) as JsonValue;
  new Masking(registry, aside).message(message, before, after);
  return toBinary(type, message.message, { writeUnknownFields: false });
}

class Masking {
  readonly #registry: Registry;
  readonly #aside: BytesAside;

  constructor(registry: Registry, aside: BytesAside) {
    this.#registry = registry;
    this.#aside = aside;
  }

  message(message: ReflectMessage, before: JsonValue, after: JsonValue): void {
    message.setUnknown([]);
    for (const field of message.fields) {
      if (!message.isSet(field)) continue;
      const [was, is] = [member(before, field.name), member(after, field.name)];
      if (is === undefined || is === null) message.clear(field);
      else this.#field(message, field, was, is);
    }
  }

  #field(message: ReflectMessage, field: DescField, was: JsonValue | undefined, is: JsonValue): void {
    switch (field.fieldKind) {
      case 'scalar':
        message.set(field, this.#scalar(field.scalar, message.get(field), was, is));
        return;
      case 'enum':
        if (was !== is) message.set(field, field.enum.values[0]?.number ?? 0);
        return;
      case 'message': {
        const masked = this.#inner(message.get(field), was, is);
        if (masked === undefined) message.clear(field);
        else message.set(field, masked);
        return;
      }
      case 'list':
        return this.#list(message, field, was, is);
      case 'map':
        return this.#map(message, field, was, is);
      default:
        field satisfies never;
    }
  }

  #list(message: ReflectMessage, field: DescField & { fieldKind: 'list' }, was: unknown, is: JsonValue): void {
    const list = message.get(field);
    if (!Array.isArray(is) || !Array.isArray(was) || is.length !== list.size) return message.clear(field);
    for (let i = list.size - 1; i >= 0; i--) {
      const value = this.#element(field, list.get(i), was[i] as JsonValue, is[i] as JsonValue);
      if (value === undefined) return message.clear(field);
      list.set(i, value);
    }
  }

  /** What was under a name that was masked is left out. */
  #map(message: ReflectMessage, field: DescField & { fieldKind: 'map' }, was: unknown, is: JsonValue): void {
    const map = message.get(field);
    // A copy: entries go while it is walked through.
    const entries = [...map.entries()];
    for (const [key, value] of entries) {
      const [before, after] = [member(was as JsonValue, String(key)), member(is, String(key))];
      const masked = after === undefined || after === null ? undefined : this.#element(field, value, before, after);
      if (masked === undefined) map.delete(key);
      else map.set(key, masked);
    }
  }

  /** Of a list or a map; undefined where nothing can stand for it. */
  #element(
    field: DescField & { fieldKind: 'list' | 'map' },
    value: unknown,
    was: JsonValue | undefined,
    is: JsonValue,
  ): unknown {
    const kind = field.fieldKind === 'list' ? field.listKind : field.mapKind;
    if (kind === 'message') return this.#inner(value as ReflectMessage, was, is);
    if (kind === 'enum') return was === is ? value : (field.enum?.values[0]?.number ?? 0);
    return this.#scalar(field.scalar ?? ScalarType.STRING, value, was, is);
  }

  #inner(inner: ReflectMessage, was: JsonValue | undefined, is: JsonValue): ReflectMessage | undefined {
    const { typeName } = inner.desc;
    if (!typeName.startsWith('google.protobuf.')) {
      if (typeof is !== 'object' || Array.isArray(is)) return undefined;
      this.message(inner, was ?? null, is);
      return inner;
    }
    // Those have a form of their own in JSON. What is inside of an Any is written anew, without what nobody knows.
    if (typeName !== 'google.protobuf.Any' && JSON.stringify(was) === JSON.stringify(is)) return inner;
    try {
      return reflect(inner.desc, fromJson(inner.desc, is, { registry: this.#registry }));
    } catch {
      // A text that stands for a value is no time and no number.
      return undefined;
    }
  }

  #scalar(type: ScalarType, value: unknown, was: JsonValue | undefined, is: JsonValue): unknown {
    if (type === ScalarType.BYTES) return was === is ? this.#aside.original(value as Uint8Array) : new Uint8Array();
    if (was === is) return value;
    if (type === ScalarType.STRING) return typeof is === 'string' ? is : '';
    if (type === ScalarType.BOOL) return is === true;
    if (typeof value === 'bigint') return wholeNumber(is);
    const isFraction = type === ScalarType.DOUBLE || type === ScalarType.FLOAT;
    const number = typeof is === 'number' ? is : 0;
    return isFraction || (Number.isInteger(number) && number >= 0 && number < 2 ** 31) ? number : 0;
  }
}

/** Of 64 bits, which stand in JSON as text. */
function wholeNumber(is: JsonValue): bigint {
  const digits = typeof is === 'string' || typeof is === 'number' ? String(is) : '';
  return /^-?\d{1,18}$/.test(digits) ? BigInt(digits) : 0n;
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
