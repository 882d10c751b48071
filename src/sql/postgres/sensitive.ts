/** True for a catalogue that tells more than the shape of the database. */
export function isSensitive(schema: string, name: string): boolean {
  return SENSITIVE.has(name) && (SYSTEM_SCHEMAS.has(schema) || name === 'pg_stat_statements');
}

/**
 * Catalogues that hold credentials, other sessions' statements, or samples of column values. Not pg_subscription, which
 * clients count: PostgreSQL shows the connection strings in it to superusers alone.
 */
const SENSITIVE = new Set(
  `pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_statistic pg_statistic_ext_data pg_stats
   pg_stats_ext pg_stats_ext_exprs pg_largeobject pg_hba_file_rules pg_ident_file_mappings pg_file_settings
   pg_stat_activity pg_stat_statements pg_stat_replication pg_stat_wal_receiver pg_stat_subscription
   user_mapping_options`.split(/\s+/),
);

/** True for a column of a catalogue that holds values of tables: samples, large objects, a default that was computed once. */
export function holdsValues(schema: string, table: string, column: string): boolean {
  return SYSTEM_SCHEMAS.has(schema) && VALUES.get(table)?.test(column) === true;
}

const VALUES: ReadonlyMap<string, RegExp> = new Map([
  ['pg_statistic', /^stavalues/],
  ['pg_statistic_ext_data', /^stxd(?!inherit)/],
  ['pg_attribute', /^attmissingval$/],
  ['pg_largeobject', /^data$/],
]);

const SYSTEM_SCHEMAS = new Set(['', 'pg_catalog', 'information_schema']);
