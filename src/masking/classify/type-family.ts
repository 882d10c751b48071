/** What kind of value a PostgreSQL type holds, as far as it tells what a column cannot be. */
export type TypeFamily = 'text' | 'number' | 'date' | 'boolean' | 'json' | 'bytes' | 'address' | 'uuid' | 'other';

const FAMILIES: Readonly<Record<string, TypeFamily>> = {
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  char: 'text',
  citext: 'text',
  name: 'text',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  numeric: 'number',
  float4: 'number',
  float8: 'number',
  money: 'number',
  date: 'date',
  timestamp: 'date',
  timestamptz: 'date',
  bool: 'boolean',
  json: 'json',
  jsonb: 'json',
  hstore: 'json',
  xml: 'json',
  bytea: 'bytes',
  inet: 'address',
  cidr: 'address',
  uuid: 'uuid',
};

/** An array counts as what it is of; what is not known, enums among it, is `other`. */
export function typeFamily(type: string): TypeFamily {
  return FAMILIES[type.startsWith('_') ? type.slice(1) : type] ?? 'other';
}
