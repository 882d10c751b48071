import { LIMITS } from '../../model/limits.ts';

/** True of what the server itself brings (access/transam.h, FirstNormalObjectId). */
const IS_BUILTIN = (oid: string): string => `${oid} OPERATOR(pg_catalog.<) 16384::pg_catalog.oid`;
const equal = (one: string, other: string): string => `${one} OPERATOR(pg_catalog.=) ${other}`;
const oneOf = (char: string, letters: string): string => equal(char, `ANY ('{${letters}}'::pg_catalog."char"[])`);
/** A function as [oid, schema, name]. */
const reference = (oid: string): string => `(SELECT pg_catalog.json_build_array(f.oid, fn.nspname, f.proname)
  FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace fn ON ${equal('fn.oid', 'f.pronamespace')}
  WHERE ${equal('f.oid', oid)})`;
const FITS = '(SELECT fits FROM fits)';
/** As pg_get_expr prints a call, an operator of a schema, a cast to a type of one. No backslash: see the session's settings. */
const CALLS = (text: string): string => `${text} OPERATOR(pg_catalog.~) '[[:alnum:]_"][(]|::[^:]*[.]'`;

const AGGREGATE_PARTS = `aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn aggminvtransfn
  aggmfinalfn`.split(/\s+/);

/** Functions with what calling them needs; bodies in order of OID until the bound is reached. */
const FUNCTIONS = `
  SELECT pg_catalog.json_build_array('function', r.oid, r.nspname, r.proname, r.provolatile, r.lanname, r.prokind,
    r.pronargs, r.pronargdefaults, r.provariadic OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, r.prosecdef, r.proretset,
    CASE WHEN r.proargmodes IS NOT NULL
      AND r.proargmodes OPERATOR(pg_catalog.&&) '{o,b,t}'::pg_catalog."char"[] THEN
      (SELECT pg_catalog.json_agg(a.name ORDER BY a.place)
        FROM ROWS FROM (pg_catalog.unnest(r.proargmodes), pg_catalog.unnest(r.proargnames))
          WITH ORDINALITY AS a(mode, name, place)
        WHERE ${oneOf('a.mode', 'o,b,t')})
    ELSE
      (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum)
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON ${equal('a.attrelid', 't.typrelid')}
        WHERE ${equal('t.oid', 'r.prorettype')} AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
          AND NOT a.attisdropped)
    END,
    CASE WHEN d.total OPERATOR(pg_catalog.<=) ${LIMITS.maxCatalogueBodyBytes}::pg_catalog.int8 THEN d.definition END,
    (SELECT pg_catalog.json_agg(${reference('part.oid')} ORDER BY part.place)
      FROM pg_catalog.pg_aggregate g,
        pg_catalog.unnest(ARRAY[${AGGREGATE_PARTS.map((part) => `g.${part}::pg_catalog.oid`).join(', ')}])
          WITH ORDINALITY AS part(oid, place)
      WHERE ${equal('g.aggfnoid', 'r.oid')} AND part.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)) AS entry
  FROM routines r
  LEFT JOIN (
    SELECT oid, definition,
      pg_catalog.sum(pg_catalog.octet_length(definition)) OVER (ORDER BY oid) AS total
    FROM (
      SELECT oid, pg_catalog.pg_get_functiondef(oid) AS definition FROM routines
      WHERE ${FITS} AND ${oneOf('prokind', 'f,p')}
        AND ${equal('lanname', "ANY ('{sql,plpgsql}'::pg_catalog.name[])")}
    ) AS defined
    WHERE pg_catalog.octet_length(definition) OPERATOR(pg_catalog.<=) ${LIMITS.maxFunctionBodyBytes}
  ) AS d ON ${equal('d.oid', 'r.oid')}
  WHERE ${FITS} ORDER BY r.oid`;

const TRIGGERS = `
  SELECT pg_catalog.json_build_array('trigger', tgrelid, tgname, tgtype, tgenabled, ${reference('tgfoid')},
    CASE WHEN tgqual IS NOT NULL THEN pg_catalog.pg_get_triggerdef(oid) END,
    CASE WHEN tgoldtable IS NOT NULL OR tgnewtable IS NOT NULL THEN
      pg_catalog.json_build_array(tgoldtable, tgnewtable) END) AS entry
  FROM pg_catalog.pg_trigger
  WHERE ${FITS} AND NOT ${IS_BUILTIN('tgfoid')} AND NOT ${oneOf('tgenabled', 'D')}
  ORDER BY oid`;

const RULES = `
  SELECT pg_catalog.json_build_array('rule', ev_class, pg_catalog.pg_get_ruledef(oid)) AS entry
  FROM pg_catalog.pg_rewrite
  WHERE ${FITS} AND rulename OPERATOR(pg_catalog.<>) '_RETURN'::pg_catalog.name
    AND NOT ${oneOf('ev_enabled', 'D')} AND NOT ${IS_BUILTIN('oid')}
  ORDER BY oid`;

const EXPRESSIONS = `
  SELECT pg_catalog.json_build_array('expression', relation, runs_on, text) AS entry
  FROM (
    SELECT adrelid AS relation, 'write' AS runs_on, pg_catalog.pg_get_expr(adbin, adrelid) AS text
    FROM pg_catalog.pg_attrdef WHERE ${FITS}
    UNION ALL
    SELECT conrelid, 'write', pg_catalog.pg_get_expr(conbin, conrelid)
    FROM pg_catalog.pg_constraint
    WHERE ${FITS} AND ${oneOf('contype', 'c')} AND conrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
      AND NOT ${IS_BUILTIN('conrelid')}
    UNION ALL
    SELECT indrelid, 'write', parts.text
    FROM pg_catalog.pg_index,
      LATERAL (VALUES (pg_catalog.pg_get_expr(indexprs, indrelid)), (pg_catalog.pg_get_expr(indpred, indrelid)))
        AS parts(text)
    WHERE ${FITS} AND NOT ${IS_BUILTIN('indrelid')}
    UNION ALL
    SELECT partrelid, 'write', pg_catalog.pg_get_expr(partexprs, partrelid)
    FROM pg_catalog.pg_partitioned_table WHERE ${FITS}
    UNION ALL
    SELECT polrelid, 'use', parts.text
    FROM pg_catalog.pg_policy,
      LATERAL (VALUES (pg_catalog.pg_get_expr(polqual, polrelid)), (pg_catalog.pg_get_expr(polwithcheck, polrelid)))
        AS parts(text)
    WHERE ${FITS}
  ) AS attached
  WHERE ${CALLS('text')} AND text OPERATOR(pg_catalog.!~) '^nextval[(]''[^'']*''::regclass[)]$'
  ORDER BY relation, runs_on, text COLLATE pg_catalog."C"`;

const OPERATORS = `
  SELECT pg_catalog.json_build_array('operator', n.nspname, o.oprname, ${reference('o.oprcode::pg_catalog.oid')}) AS entry
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON ${equal('n.oid', 'o.oprnamespace')}
  WHERE ${FITS} AND NOT ${IS_BUILTIN('o.oid')} AND o.oprcode::pg_catalog.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
  ORDER BY o.oid`;

const CASTS = `
  SELECT pg_catalog.json_build_array('cast', t.typname, c.castcontext, ${reference('c.castfunc')}) AS entry
  FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type t ON ${equal('t.oid', 'c.casttarget')}
  WHERE ${FITS} AND NOT ${IS_BUILTIN('c.oid')} AND c.castfunc OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
  ORDER BY c.oid`;

const DOMAINS = `
  SELECT pg_catalog.json_build_array('domain', t.oid, t.typname,
    pg_catalog.json_agg(parts.text ORDER BY parts.text COLLATE pg_catalog."C")) AS entry
  FROM pg_catalog.pg_type t,
    LATERAL (
      SELECT pg_catalog.pg_get_expr(c.conbin, 0::pg_catalog.oid) AS text FROM pg_catalog.pg_constraint c
      WHERE ${equal('c.contypid', 't.oid')}
      UNION ALL SELECT pg_catalog.pg_get_expr(t.typdefaultbin, 0::pg_catalog.oid)
    ) AS parts
  WHERE ${FITS} AND ${oneOf('t.typtype', 'd')} AND NOT ${IS_BUILTIN('t.oid')} AND ${CALLS('parts.text')}
  GROUP BY t.oid, t.typname ORDER BY t.oid`;

const keyColumns = (relation: string, key: string): string => `(SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
      FROM pg_catalog.unnest(${key}) WITH ORDINALITY AS k(attnum, place)
      JOIN pg_catalog.pg_attribute a ON ${equal('a.attrelid', relation)} AND ${equal('a.attnum', 'k.attnum')})`;

const REFERENCES = `
  SELECT pg_catalog.json_build_array('reference', c.conrelid, c.confrelid, c.confdeltype, c.confupdtype,
    ${keyColumns('c.confrelid', 'c.confkey')}, ${keyColumns('c.conrelid', 'c.conkey')}) AS entry
  FROM pg_catalog.pg_constraint c
  WHERE ${FITS} AND ${oneOf('c.contype', 'f')}
  ORDER BY c.oid`;

const EVENT_TRIGGERS = `
  SELECT pg_catalog.json_build_array('event-trigger', evtname, evtevent, ${reference('evtfoid')}) AS entry
  FROM pg_catalog.pg_event_trigger
  WHERE ${FITS} AND NOT ${oneOf('evtenabled', 'D')}
  ORDER BY oid`;

/** What runs in the database beside what statements name, a query each. Every name in them is qualified. */
export const PROGRAM_ENTRIES: readonly string[] = [
  FUNCTIONS,
  TRIGGERS,
  RULES,
  EXPRESSIONS,
  OPERATORS,
  CASTS,
  DOMAINS,
  REFERENCES,
  EVENT_TRIGGERS,
];
