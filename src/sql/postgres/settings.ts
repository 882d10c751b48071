import type { Access } from '../../model/request.ts';

/** What setting a configuration parameter amounts to. */
export interface SettingEffect {
  readonly access: Access;
  readonly flags: readonly string[];
  readonly reason?: string;
}

/**
 * Classifies `SET name = value` (and set_config, and RESET with `value` undefined). Settings that change how the
 * server reads text would make it see another statement than the one that was decided upon, so any value but the one
 * that the analyser reads by is unknown.
 */
export function effectOfSetting(name: string, value: string | undefined, reset: boolean): SettingEffect {
  const setting = name.toLowerCase();
  const safe = PARSER_SETTINGS.get(setting);
  if (safe !== undefined) {
    if (reset || (value !== undefined && safe.test(value))) return { access: 'session', flags: [] };
    return { access: 'unknown', flags: ['parser-setting'], reason: `${setting} changes how the server reads text` };
  }
  if (setting === 'role' || setting === 'session_authorization') {
    return { access: reset ? 'session' : 'admin', flags: ['set-role'] };
  }
  if (setting === 'session_replication_role') return { access: 'admin', flags: ['session-replication-role'] };
  // Off, the server refuses what a policy would filter; it never shows more. pg_dump turns it off.
  if (setting === 'row_security') return { access: 'session', flags: ['row-security-setting'] };
  if (setting === 'search_path') return { access: 'session', flags: ['search-path'] };
  if (setting.includes('.')) return { access: 'session', flags: ['custom-setting'] };
  if (SUPERUSER.test(setting)) return { access: reset ? 'session' : 'admin', flags: ['superuser-setting'] };
  return { access: 'session', flags: [] };
}

const PARSER_SETTINGS: ReadonlyMap<string, RegExp> = new Map([
  ['standard_conforming_strings', /^(on|true|yes|1|t|y)$/i],
  ['client_encoding', /^(utf-?8|unicode)$/i],
  ['names', /^(utf-?8|unicode)$/i],
  ['plpgsql.variable_conflict', /^(error|use_column)$/i],
]);

/** Settings that only a superuser may change (context `superuser` in pg_settings of PostgreSQL 15 to 18). */
const SUPERUSER = new RegExp(
  `^(${[
    'allow_in_place_tablespaces|allow_system_table_mods|backtrace_functions|commit_delay|compute_query_id',
    'deadlock_timeout|debug_.*|dynamic_library_path|extension_control_path',
    'ignore_checksum_failure|jit_(debugging_support|dump_bitcode|profiling_support|provider)|lc_messages',
    'lo_compat_privileges|local_preload_libraries|log_.*|max_stack_depth',
    'session_preload_libraries|shared_preload_libraries|temp_file_limit|track_.*|trace_.*|update_process_title',
    'wal_compression|wal_consistency_checking|wal_init_zero|wal_recycle|zero_damaged_pages|archive_.*|primary_.*',
    'ssl.*|listen_addresses|data_directory|config_file|hba_file|ident_file|restore_command',
  ].join('|')})$`,
);
