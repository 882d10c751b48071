import { isBody, listOf, namesOf } from '../nodes.ts';

/** The OID of a type of pg_catalog by how a definition names it; 0 for any other, which counts as no builtin. */
export function builtinType(typeName: unknown): number {
  if (!isBody(typeName)) return 0;
  if (listOf(typeName['arrayBounds']).length > 0) return 0;
  return OIDS[namesOf(typeName['names']).at(-1) ?? ''] ?? 0;
}

/** pg_type.dat of PostgreSQL; serials are the integers that they make. */
const OIDS: Readonly<Record<string, number>> = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  bigserial: 20,
  serial8: 20,
  int2: 21,
  smallserial: 21,
  serial2: 21,
  int4: 23,
  serial: 23,
  serial4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  money: 790,
  cidr: 650,
  inet: 869,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};
