import type { Operation } from '../../model/request.ts';
import type { SettingChange } from './analysis.ts';
import { as, type Body, constantOf, listOf, namesOf, textOf } from './nodes.ts';

/** The settings that requests hang on and that a statement changes, in order; `added` are its operations. */
export function settingChanges(tag: string, body: Body, added: readonly Operation[]): readonly SettingChange[] {
  const told = tag === 'VariableSetStmt' ? ofSet(body) : tag === 'SelectStmt' ? ofSelect(body) : ofDiscard(tag, body);
  const setsRole = added.some(({ flags }) => flags.includes('set-role'));
  if (!setsRole || told.some(({ name }) => name === 'role')) return told;
  return [...told, { name: 'role', value: null, local: false }];
}

function ofSet(body: Body): readonly SettingChange[] {
  const kind = textOf(body['kind']);
  const local = body['is_local'] === true;
  if (kind === 'VAR_RESET_ALL') return [{ name: 'statement_timeout', local: false }];
  if (kind === 'VAR_SET_CURRENT' || kind === 'VAR_SET_MULTI') return [];
  const setting = textOf(body['name']).toLowerCase();
  // Another session user has no role set (PostgreSQL manual, SET SESSION AUTHORIZATION).
  if (setting === 'session_authorization') return [{ name: 'role', local }];
  if (setting !== 'role' && setting !== 'statement_timeout') return [];
  if (kind !== 'VAR_SET_VALUE') return [{ name: setting, local }];
  const [value, ...more] = listOf(body['args']).map(constantOf);
  return [{ name: setting, value: more.length > 0 ? null : (value ?? null), local }];
}

/** `SELECT set_config('role', …, …)` as an item of the result. */
function ofSelect(body: Body): readonly SettingChange[] {
  const changes: SettingChange[] = [];
  for (const item of listOf(body['targetList'])) {
    const call = as(as(item, 'ResTarget')?.val, 'FuncCall');
    if (call === undefined || namesOf(call.funcname).at(-1) !== 'set_config') continue;
    const [name, value, local] = (call.args ?? []).map(constantOf);
    const setting = name?.toLowerCase();
    if (setting !== 'role' && setting !== 'statement_timeout') continue;
    // Whether it is local is a part of what must be known, so that what cannot be read is unknown for good.
    const isKnown = value !== undefined && (local === 'true' || local === 'false');
    changes.push({ name: setting, value: isKnown ? value : null, local: isKnown && local === 'true' });
  }
  return changes;
}

function ofDiscard(tag: string, body: Body): readonly SettingChange[] {
  if (tag !== 'DiscardStmt' || body['target'] !== 'DISCARD_ALL') return [];
  return [
    { name: 'role', local: false },
    { name: 'statement_timeout', local: false },
  ];
}
