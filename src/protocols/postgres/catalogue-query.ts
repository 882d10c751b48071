import { LIMITS } from '../../model/limits.ts';
import { PROGRAM_ENTRIES } from './catalogue-query-programs.ts';

/**
 * A row for each thing it tells of, each row one JSON array in base 64, which no client_encoding changes. Five things
 * about it matter:
 * - Every name, operators included, is qualified: a session may put its own functions and operators before
 *   pg_catalog's by its search_path, and what they say here decides what is masked.
 * - Its first row empties search_path until the end of the transaction, so that definitions name everything with its
 *   schema, and its last row puts it back, in case a transaction is open. The branches of UNION ALL run in order.
 * - The user's own schema is in the path before it is there: whoever makes it later puts its relations before others.
 * - Compiling it takes a server with JIT ten times as long as running it, so that is off until the end, in a statement
 *   before it: the planner decides that. Sent together, both are one transaction where none is open.
 * - Where there is more than the limit, everything else is left out; bodies beyond theirs are left out alone.
 */
export const CATALOGUE_STATEMENTS: readonly string[] = [
  `
SELECT FROM (VALUES (
  pg_catalog.set_config('chaperone.jit', pg_catalog.current_setting('jit'), true),
  pg_catalog.set_config('jit', 'off', true)
)) AS kept (jit, off) WHERE kept.jit IS NULL`,
  `
WITH told AS MATERIALIZED (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
    AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast|temp)'
), attributes AS (
  SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.attgenerated OPERATOR(pg_catalog.<>) ''::"char" AS generated
  FROM pg_catalog.pg_attribute a
  WHERE a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped
    AND a.attrelid OPERATOR(pg_catalog.=) ANY (SELECT oid FROM told)
), routines AS (
  SELECT p.*, n.nspname, l.lanname
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
  WHERE n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
    OR p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
), before AS MATERIALIZED (
  SELECT pg_catalog.current_setting('search_path') AS path,
    CASE WHEN pg_catalog.left(pg_catalog.current_setting('search_path'), 7) OPERATOR(pg_catalog.=) '"$user"'::pg_catalog.text
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) current_user)
      THEN pg_catalog.array_prepend(current_user, pg_catalog.current_schemas(false))
      ELSE pg_catalog.current_schemas(false) END AS schemas,
    (SELECT pg_catalog.count(*) FROM attributes) OPERATOR(pg_catalog.+)
      (SELECT pg_catalog.count(*) FROM routines) AS size
), fits AS MATERIALIZED (
  SELECT size OPERATOR(pg_catalog.<=) ${LIMITS.maxCatalogueColumns}::pg_catalog.int8 AS fits FROM before
), columns AS (
  SELECT attrelid, pg_catalog.json_agg(pg_catalog.json_build_array(attnum, attname, atttypid, generated,
    CASE WHEN generated THEN (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
      WHERE d.adrelid OPERATOR(pg_catalog.=) attrelid AND d.adnum OPERATOR(pg_catalog.=) attnum) END) ORDER BY attnum) AS list
  FROM attributes GROUP BY attrelid
), entries AS (
  SELECT pg_catalog.json_build_array('search-path', schemas, size,
    pg_catalog.set_config('search_path', '', true)) AS entry
  FROM before
  UNION ALL
  SELECT entry FROM (
    SELECT pg_catalog.json_build_array('relation', t.oid, t.nspname, t.relname, t.relkind, c.list,
      CASE WHEN t.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[])
        AND NOT t.nspname OPERATOR(pg_catalog.=) ANY ('{pg_catalog,information_schema}'::pg_catalog.name[])
        THEN pg_catalog.pg_get_viewdef(t.oid) END,
      (SELECT pg_catalog.json_agg(i.inhparent ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i
        WHERE i.inhrelid OPERATOR(pg_catalog.=) t.oid),
      (SELECT s.srvname FROM pg_catalog.pg_foreign_table f
        JOIN pg_catalog.pg_foreign_server s ON s.oid OPERATOR(pg_catalog.=) f.ftserver
        WHERE f.ftrelid OPERATOR(pg_catalog.=) t.oid),
      t.relrowsecurity) AS entry
    FROM told t LEFT JOIN columns c ON c.attrelid OPERATOR(pg_catalog.=) t.oid
    WHERE (SELECT fits FROM fits)
    ORDER BY t.oid
  ) AS relations
  ${PROGRAM_ENTRIES.map((entry) => `UNION ALL\n  SELECT entry FROM (${entry}) AS more`).join('\n  ')}
  UNION ALL
  SELECT pg_catalog.json_build_array('end', pg_catalog.set_config('search_path', path, true),
    (SELECT pg_catalog.json_agg(relname ORDER BY oid) FROM pg_catalog.pg_class
      WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()),
    pg_catalog.set_config('jit', pg_catalog.current_setting('chaperone.jit'), true)) FROM before
)
SELECT pg_catalog.encode(pg_catalog.convert_to(entry::pg_catalog.text, 'UTF8'::pg_catalog.name), 'base64')
FROM entries`,
];
