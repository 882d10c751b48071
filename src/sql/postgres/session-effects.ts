import type { Effects } from './analysis.ts';
import { as, type Body, constantOf, listOf, namesOf, textOf } from './nodes.ts';
import type { ParsedStatement } from './parser.ts';

/** What a top-level statement changes about its session. `ddl` is whether it, or one inside it, changes definitions. */
export function effectsOf(tag: string, body: Body, statement: ParsedStatement, ddl: boolean): Effects {
  const name = textOf(body['name'] ?? body['portalname']);
  const all = body['isall'] === true;
  switch (tag) {
    case 'PrepareStmt':
      return { ddl, prepares: { name, text: statement.text() } };
    case 'DeallocateStmt':
      return { ddl, deallocates: all || name === '' ? 'all' : { name } };
    case 'DeclareCursorStmt':
      return { ddl, declares: { name, text: statement.text() } };
    case 'ClosePortalStmt':
      return { ddl, closes: name === '' ? 'all' : { name } };
    case 'DiscardStmt':
      return body['target'] === 'DISCARD_ALL'
        ? { ddl: true, deallocates: 'all', closes: 'all', searchPath: 'default' }
        : { ddl: ddl || body['target'] === 'DISCARD_TEMP' };
    case 'TransactionStmt': {
      const savepoint = textOf(body['savepoint_name']);
      return savepoint === '' ? { ddl } : { ddl, savepoint };
    }
    case 'VariableSetStmt':
      return withPath(ddl, pathOfSet(body));
    case 'SelectStmt':
      return withPath(ddl, pathOfSelect(body));
    default:
      return { ddl };
  }
}

function withPath(ddl: boolean, searchPath: Effects['searchPath']): Effects {
  return searchPath === undefined ? { ddl } : { ddl, searchPath };
}

function pathOfSet(body: Body): Effects['searchPath'] {
  if (body['kind'] === 'VAR_RESET_ALL') return 'default';
  if (textOf(body['name']).toLowerCase() !== 'search_path') return undefined;
  if (body['kind'] !== 'VAR_SET_VALUE') return body['kind'] === 'VAR_SET_CURRENT' ? undefined : 'default';
  const schemas: string[] = [];
  for (const item of listOf(body['args'])) {
    const schema = constantOf(item);
    if (schema === undefined || schema === '$user') return 'unknown';
    if (schema !== '') schemas.push(schema);
  }
  return schemas;
}

/** `SELECT set_config('search_path', …)`; anything but a plain list of names in one literal is `unknown`. */
function pathOfSelect(body: Body): Effects['searchPath'] {
  let path: Effects['searchPath'];
  for (const item of listOf(body['targetList'])) {
    const call = as(as(item, 'ResTarget')?.val, 'FuncCall');
    if (call === undefined || namesOf(call.funcname).at(-1) !== 'set_config') continue;
    if (constantOf(call.args?.[0])?.toLowerCase() !== 'search_path') continue;
    path = pathOfText(constantOf(call.args?.[1]));
  }
  return path;
}

function pathOfText(text: string | undefined): readonly string[] | 'unknown' {
  if (text === undefined) return 'unknown';
  if (text.trim() === '') return [];
  const schemas = text.split(',').map((part) => part.trim());
  return schemas.every((schema) => /^[a-z_][a-z0-9_]*$/.test(schema)) ? schemas : 'unknown';
}
