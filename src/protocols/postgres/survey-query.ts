import { LIMITS } from '../../model/limits.ts';

/**
 * The columns of all relations with rows of their own, a row each: the table, then the column. It runs with
 * `search_path = pg_catalog`, so that no name of a database's own is meant. Partitions and inheritance children are left
 * out, since a sample of the parent shows their rows; indexes on expressions, and partial ones, make nothing unique.
 */
export const SURVEY_QUERY = `
WITH RECURSIVE base AS (
  SELECT t.oid AS type, t.oid AS base, NULL::name AS domain FROM pg_type t WHERE t.typtype <> 'd'
  UNION ALL
  SELECT d.oid, base.base, d.typname FROM pg_type d JOIN base ON base.type = d.typbasetype WHERE d.typtype = 'd'
), uniques AS (
  SELECT DISTINCT i.indrelid, i.indkey[0] AS attnum FROM pg_index i
  WHERE i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indexprs IS NULL
), keys AS (
  SELECT DISTINCT ON (k.conrelid, k.conkey[1]) k.conrelid, k.conkey[1] AS attnum, n.nspname, c.relname, a.attname
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.confrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = k.confkey[1]
  WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
  ORDER BY k.conrelid, k.conkey[1], k.oid
)
SELECT n.nspname, c.relname, c.relkind, c.reltuples::int8, obj_description(c.oid, 'pg_class') AS comment,
  a.attname, t.typname, b.domain, col_description(c.oid, a.attnum) AS comment,
  u.attnum IS NOT NULL, k.nspname, k.relname, k.attname,
  has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base b ON b.type = a.atttypid
JOIN pg_type t ON t.oid = b.base
LEFT JOIN uniques u ON u.indrelid = c.oid AND u.attnum = a.attnum
LEFT JOIN keys k ON k.conrelid = c.oid AND k.attnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'm', 'f')
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)
ORDER BY n.nspname, c.relname, a.attnum
LIMIT ${LIMITS.classifyColumns + 1}`;
