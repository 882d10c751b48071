/** Everything that a statement could change for others: rows, sequences, large objects, definitions, rights, settings. */
export const DIGEST = `
SELECT md5(string_agg(part, ',' ORDER BY part)) AS digest FROM (
  SELECT concat_ws(' ', 'rows', c.oid,
      query_to_xml(format('SELECT * FROM ONLY %s AS t ORDER BY t::text', c.oid::regclass), true, true, ''))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname IN ('rental', 'orders', 'bank', 'public')
  UNION ALL SELECT concat_ws(' ', 'sequence', s::text) FROM pg_sequences s
  UNION ALL SELECT concat_ws(' ', 'relation', oid, relname, relnamespace, relkind, relfilenode, relowner, relrowsecurity, coalesce(relacl::text, '')) FROM pg_class
  UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, attnum, atttypid, attnotnull, attisdropped) FROM pg_attribute
  UNION ALL SELECT concat_ws(' ', 'function', oid, proname, prosrc, provolatile, proowner) FROM pg_proc
  UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', 'rule', oid, rulename, ev_class) FROM pg_rewrite
  UNION ALL SELECT concat_ws(' ', 'type', oid, typname) FROM pg_type
  UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname) FROM pg_constraint
  UNION ALL SELECT concat_ws(' ', 'role', oid, rolname, rolsuper, coalesce(rolpassword, '')) FROM pg_authid
  UNION ALL SELECT concat_ws(' ', 'setting', s::text) FROM pg_db_role_setting s
  UNION ALL SELECT concat_ws(' ', 'database', oid, datname) FROM pg_database
  UNION ALL SELECT concat_ws(' ', 'extension', oid, extname) FROM pg_extension
  UNION ALL SELECT concat_ws(' ', 'comment', objoid, description) FROM pg_description WHERE objoid >= 16384
  UNION ALL SELECT concat_ws(' ', 'large object', loid, pageno, md5(data)) FROM pg_largeobject
  UNION ALL SELECT concat_ws(' ', 'policy', oid, polname) FROM pg_policy
  UNION ALL SELECT concat('notification', pg_notification_queue_usage())
) AS parts (part)`;
