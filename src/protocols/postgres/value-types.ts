import type { ValueType } from '../../model/reply.ts';

/**
 * How the values of a type are written, by its OID in pg_type.dat. Types that a database defined itself (domains keep
 * their base type's OID on the wire; enums, citext and all else do not) and those without an entry are `other`, whose
 * values a mask can only make NULL; so is "char", which holds a single byte.
 */
export function valueType(oid: number): ValueType {
  return VALUE_TYPES.get(oid) ?? 'other';
}

const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map([
  [16, 'boolean'],
  [17, 'bytea'],
  [19, 'text'], // name
  [20, 'integer8'],
  [21, 'integer2'],
  [23, 'integer4'],
  [25, 'text'],
  [114, 'json'],
  [142, 'text'], // xml
  [700, 'float4'],
  [701, 'float8'],
  [705, 'text'], // unknown
  [1003, 'textArray'], // name[]
  [1009, 'textArray'], // text[]
  [1014, 'textArray'], // bpchar[]
  [1015, 'textArray'], // varchar[]
  [1042, 'text'], // bpchar
  [1043, 'text'], // varchar
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [1700, 'numeric'],
  [2275, 'text'], // cstring
  [2950, 'uuid'],
  [3802, 'jsonb'],
]);
