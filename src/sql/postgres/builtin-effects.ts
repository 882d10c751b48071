import type { Access } from '../../model/request.ts';
import type { Program } from './bodies/program.ts';

/** What a call of a function does beyond computing a value from its arguments. */
export interface CallEffect {
  readonly access: Access;
  readonly flags: readonly string[];
  /** Where its result comes from: its arguments, nothing of any table, or what cannot be told. */
  readonly result: 'arguments' | 'nothing' | 'unknown';
  readonly reason?: string;
  /** What it runs that can be looked into; its effects are not part of the above. */
  readonly programs?: readonly Program[];
}

/** Computes a value from its arguments. */
export const PURE: CallEffect = { access: 'read', flags: [], result: 'arguments' };
/** Tells how many rows there are, or of what type: of a value only what can be counted. */
const COUNTS: CallEffect = { access: 'read', flags: [], result: 'nothing' };

/**
 * Functions of pg_catalog that are more than their volatility says. First match wins. Names as in PostgreSQL 15 to 18;
 * a volatile function that no line names is unknown.
 */
const RULES: readonly (readonly [names: RegExp, effect: CallEffect])[] = [
  [/^nextval$/, { access: 'write', flags: [], result: 'nothing' }],
  // it returns what it was handed
  [/^setval$/, { access: 'write', flags: [], result: 'arguments' }],
  [/^(currval|lastval)$/, PURE],
  [/^(set_config)$/, { access: 'session', flags: [], result: 'arguments' }],
  [/^(setseed|pg_stat_clear_snapshot|pg_export_snapshot)$/, { access: 'session', flags: [], result: 'nothing' }],
  [/^pg_(try_)?advisory_/, { access: 'session', flags: ['advisory-lock'], result: 'nothing' }],
  [/^pg_sleep(_for|_until)?$/, { access: 'read', flags: ['sleep'], result: 'nothing' }],
  [/^pg_notify$/, { access: 'write', flags: ['notify'], result: 'nothing' }],
  [/^pg_(terminate|cancel)_backend$/, { access: 'admin', flags: ['terminate-backend'], result: 'nothing' }],
  // large objects: what one holds is no column that could be classified
  [/^lo_(import|export)$/, { access: 'admin', flags: ['large-object', 'file-access'], result: 'unknown' }],
  [/^(lo_get|loread)$/, { access: 'read', flags: ['large-object'], result: 'unknown' }],
  [
    /^(lo_tell|lo_tell64|lo_lseek|lo_lseek64|lo_close)$/,
    { access: 'read', flags: ['large-object'], result: 'nothing' },
  ],
  [/^lo(_.*|write)$/, { access: 'write', flags: ['large-object'], result: 'nothing' }],
  // the server's files
  [
    /^pg_(read_file|read_binary_file|stat_file|current_logfile|ls_.*|hba_file_rules|ident_file_mappings|show_all_file_settings)$/,
    { access: 'admin', flags: ['file-access'], result: 'unknown' },
  ],
  // statements inside strings
  [
    /^((query|cursor|table|schema|database)_to_xml|(query|cursor|table|schema|database)_to_xml(schema|_and_xmlschema)|ts_stat|ts_rewrite)$/,
    {
      access: 'unknown',
      flags: ['dynamic-sql'],
      result: 'unknown',
      reason: 'it runs a statement, or reads a table, named by a string',
    },
  ],
  // what other sessions are doing, and samples of column values
  [
    /^pg_stat_get_(activity|backend_activity|wal_senders|wal_receiver|subscription)$/,
    { access: 'read', flags: ['sensitive-catalog'], result: 'unknown' },
  ],
  [/^(pg_mcv_list_items|pg_prepared_statement|pg_cursor)$/, { access: 'read', flags: [], result: 'unknown' }],
  [/^pg_(stat_get_|stat_have_stats$)/, PURE],
  // the size of repeat('x', pin) is pin and four, and as many as ntile is asked for it can give: those are values
  [/^(count|regr_count|row_number|rank|dense_rank|percent_rank|cume_dist|pg_typeof|grouping)$/, COUNTS],
  // volatile, and harmless; random(pin, pin) is pin
  [/^(random|random_normal|gen_random_uuid|uuidv4|uuidv7|clock_timestamp|timeofday|current_query)$/, PURE],
  [/^(array_sample|array_shuffle)$/, PURE],
  [/^pg_(database|indexes|relation|table|tablespace|total_relation)_size$/, PURE],
  [/^pg_(is_.*|last_.*|current_wal_.*|control_.*|blocking_pids|safe_snapshot_blocking_pids|lock_status)$/, PURE],
  [/^pg_(partition_ancestors|partition_tree|sequence_last_value|get_sequence_data|jit_available)$/, PURE],
  [/^pg_(collation_actual_version|database_collation_actual_version|notification_queue_usage)$/, PURE],
  [/^pg_(get_wait_events|get_multixact_members|prepared_xact|xact_.*|stat_have_stats)$/, PURE],
  [/^pg_(get_wal_.*|wal_summary_contents|available_wal_summaries|replication_origin_(session_)?progress)$/, PURE],
  [/^(txid_status|currtid2|amvalidate|pg_show_replication_origin_status|pg_isolation_test_.*)$/, PURE],
  // the server's operation
  [
    /^(binary_upgrade_.*|brin_.*|gin_clean_pending_list|pg_(backup_.*|start_backup|stop_backup|switch_wal|promote))$/,
    { access: 'admin', flags: [], result: 'nothing' },
  ],
  [
    /^pg_(clear_.*|copy_.*|create_.*|drop_.*|log_.*|logical_.*|replication_.*|restore_.*|stat_reset.*|sync_.*)$/,
    { access: 'admin', flags: [], result: 'unknown' },
  ],
  [
    /^pg_(reload_conf|rotate_logfile|import_system_collations|extension_config_dump|nextoid|wal_replay_.*)$/,
    { access: 'admin', flags: [], result: 'nothing' },
  ],
  [
    /^pg_(stat_force_next_flush|stop_making_pinned_objects|get_backend_memory_contexts|get_shmem.*|get_aios|get_loaded_modules)$/,
    { access: 'admin', flags: [], result: 'nothing' },
  ],
];

/** Functions of extensions that run text, read files or reach other systems, in whatever schema they stand. */
const EXTENSION_RULES: readonly (readonly [names: RegExp, effect: CallEffect])[] = [
  [
    /^dblink/,
    { access: 'unknown', flags: ['dblink', 'dynamic-sql'], result: 'unknown', reason: 'it runs a statement elsewhere' },
  ],
  [
    /^(crosstab\d*|connectby|xpath_table|lo_oid|schedule|schedule_in_database|query_to_.*)$/,
    { access: 'unknown', flags: ['dynamic-sql'], result: 'unknown', reason: 'it runs a statement in a string' },
  ],
  [
    /^(pg_file_.*|pg_read_.*|pg_ls_.*|http(_.*)?|plperl_.*|plpython\d*_.*)$/,
    { access: 'unknown', flags: ['file-access'], result: 'unknown', reason: 'it reaches outside the database' },
  ],
  [/^pg_stat_statements$/, { access: 'read', flags: ['sensitive-catalog'], result: 'unknown' }],
];

/** Volatile functions of well-known extensions, written in C, that compute a value and nothing else. */
const HARMLESS_C =
  /^(gen_salt|gen_random_bytes|gen_random_uuid|uuid_generate_v(1|1mc|4)|pgp_(sym|pub)_encrypt(_bytea)?|normal_rand|statement_timestamp)$/;

export function builtinRule(name: string): CallEffect | undefined {
  return RULES.find(([names]) => names.test(name))?.[1];
}

export function extensionRule(name: string): CallEffect | undefined {
  return EXTENSION_RULES.find(([names]) => names.test(name))?.[1];
}

export function isHarmlessExtensionFunction(name: string, language: string): boolean {
  return language === 'c' && HARMLESS_C.test(name);
}
