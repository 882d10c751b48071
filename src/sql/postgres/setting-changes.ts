import type { Operation } from '../../model/request.ts';
import type { SettingChange, TrackedSetting } from './analysis.ts';
import { as, type Body, constantOf, listOf, namesOf, textOf } from './nodes.ts';

/** The settings that requests hang on and that a statement changes, in order; `added` are its operations. */
export function settingChanges(tag: string, body: Body, added: readonly Operation[]): readonly SettingChange[] {
  const told = [...changesOf(tag, body), ...unreadChanges(tag, body, added)];
  const setsRole = added.some(({ flags }) => flags.includes('set-role'));
  if (!setsRole || told.some(({ name }) => name === 'role')) return told;
  return [...told, { name: 'role', value: null, local: false }];
}

/** Settings that data names, and calls that stand where they are not followed: they may become anything. */
function unreadChanges(tag: string, body: Body, added: readonly Operation[]): readonly SettingChange[] {
  const names = new Set<TrackedSetting>();
  for (const { kind, flags, functions, tables } of added) {
    // The rule of this view calls set_config (PostgreSQL manual, pg_settings).
    const isView = kind === 'update' && tables.some(({ name, use }) => name === 'pg_settings' && use === 'write');
    if (isView || flags.includes('dynamic-setting')) for (const name of RESET_TOGETHER) names.add(name);
    if (!functions.some((name) => name.endsWith('set_config'))) continue;
    const followed = tag === 'SelectStmt' ? listOf(body['targetList']).map((item) => as(item, 'ResTarget')?.val) : [];
    unfollowedCalls(body, new Set(followed), names);
  }
  return [...names].map((name) => ({ name, value: null, local: false }));
}

/** The settings that calls within the tree name, but for the calls that are followed. */
function unfollowedCalls(node: unknown, followed: ReadonlySet<unknown>, names: Set<TrackedSetting>): void {
  if (typeof node !== 'object' || node === null) return;
  const call = as(node, 'FuncCall');
  if (call !== undefined && isCall(call) && !followed.has(node)) {
    const name = constantOf(call.args?.[0]);
    const tracked = name === undefined ? RESET_TOGETHER : [NAMES.get(name.toLowerCase())];
    for (const one of tracked) if (one !== undefined && one !== 'role') names.add(one);
  }
  for (const child of Object.values(node)) unfollowedCalls(child, followed, names);
}

function isCall(call: { readonly funcname?: unknown }): boolean {
  return namesOf(call.funcname).at(-1) === 'set_config';
}

function changesOf(tag: string, body: Body): readonly SettingChange[] {
  switch (tag) {
    case 'VariableSetStmt':
      return ofSet(body);
    case 'SelectStmt':
      return ofSelect(body);
    case 'TransactionStmt':
      return ofModes(body['options'], 'transaction_read_only', true);
    case 'DiscardStmt':
      // It resets the session's user as well, and with it the role (PostgreSQL manual, DISCARD).
      return body['target'] === 'DISCARD_ALL' ? reset('role', ...RESET_TOGETHER) : [];
    default:
      return [];
  }
}

/** What RESET ALL resets: everything but the role (PostgreSQL manual, RESET) and the open transaction's modes. */
const RESET_TOGETHER: readonly TrackedSetting[] = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'default_transaction_read_only',
  'application_name',
];

function reset(...names: readonly TrackedSetting[]): readonly SettingChange[] {
  return names.map((name) => ({ name, local: false }));
}

const NAMES: ReadonlyMap<string, TrackedSetting> = new Map(
  (['role', ...RESET_TOGETHER, 'transaction_read_only'] as const).map((name) => [name, name]),
);

function ofSet(body: Body): readonly SettingChange[] {
  const kind = textOf(body['kind']);
  const local = body['is_local'] === true;
  if (kind === 'VAR_RESET_ALL') return reset(...RESET_TOGETHER);
  if (kind === 'VAR_SET_CURRENT') return [];
  if (kind === 'VAR_SET_MULTI') {
    if (textOf(body['name']) === 'TRANSACTION') return ofModes(body['args'], 'transaction_read_only', true);
    return ofModes(body['args'], 'default_transaction_read_only', false);
  }
  const written = textOf(body['name']).toLowerCase();
  // Another session user has no role set (PostgreSQL manual, SET SESSION AUTHORIZATION).
  if (written === 'session_authorization') return [{ name: 'role', local }];
  const name = NAMES.get(written);
  if (name === undefined) return [];
  if (kind !== 'VAR_SET_VALUE') return [{ name, local }];
  const [value, ...more] = listOf(body['args']).map(constantOf);
  return [{ name, value: more.length > 0 ? null : (value ?? null), local }];
}

/** READ ONLY and READ WRITE among a transaction's modes (PostgreSQL manual, SET TRANSACTION); the last one counts. */
function ofModes(modes: unknown, name: TrackedSetting, local: boolean): readonly SettingChange[] {
  const changes: SettingChange[] = [];
  for (const item of listOf(modes)) {
    const mode = as(item, 'DefElem');
    if (mode?.defname !== 'transaction_read_only') continue;
    const value = constantOf(mode.arg);
    changes.push({ name, value: value === undefined ? null : value === '0' ? 'off' : 'on', local });
  }
  return changes;
}

/** `SELECT set_config('role', …, …)` as an item of the result. */
function ofSelect(body: Body): readonly SettingChange[] {
  const changes: SettingChange[] = [];
  for (const item of listOf(body['targetList'])) {
    const call = as(as(item, 'ResTarget')?.val, 'FuncCall');
    if (call === undefined || !isCall(call)) continue;
    const [written, value, local] = (call.args ?? []).map(constantOf);
    const name = NAMES.get(written?.toLowerCase() ?? '');
    if (name === undefined) continue;
    // Whether it is local is a part of what must be known, so that what cannot be read is unknown for good.
    const isKnown = value !== undefined && (local === 'true' || local === 'false');
    changes.push({ name, value: isKnown ? value : null, local: isKnown && local === 'true' });
  }
  return changes;
}
