import type { Access } from '../../model/request.ts';
import { as, type Body, constantOf, isBody, listOf, namesOf, textOf } from './nodes.ts';
import { effectOfSetting } from './settings.ts';
import type { StatementClass } from './statement-table.ts';
import { restrains } from './where.ts';

/** What a statement is, after a look at its own clauses. */
export interface StatementFacts {
  readonly kind: string;
  readonly access: Access;
  readonly flags: readonly string[];
  readonly hasWhere: boolean;
  readonly reason?: string;
}

/** Refines the classification of a statement by what stands in it; its nested statements are not looked at. */
export function describe(tag: string, body: Body, plain: StatementClass): StatementFacts {
  const base: StatementFacts = { kind: plain.kind, access: plain.access, flags: plain.flags, hasWhere: true };
  const refine = SPECIAL[tag];
  if (refine !== undefined) return { ...base, ...refine(body) };
  if (plain.access === 'unknown') return { ...base, reason: `what a ${plain.kind} statement does cannot be known` };
  return base;
}

const SPECIAL: Readonly<Record<string, (body: Body) => Partial<StatementFacts>>> = {
  UpdateStmt: (body) => ({ hasWhere: restrains(body['whereClause']) }),
  DeleteStmt: (body) => ({ hasWhere: restrains(body['whereClause']) }),
  CopyStmt: describeCopy,
  VariableSetStmt: describeSet,
  TransactionStmt: describeTransaction,
  LockStmt: (body) => (body['mode'] === ACCESS_SHARE ? { access: 'session' } : { access: 'write' }),
  VacuumStmt: (body) => ({ kind: body['is_vacuumcmd'] === true ? 'vacuum' : 'analyze' }),
  FetchStmt: (body) => (body['ismove'] === true ? { kind: 'move', access: 'session' } : {}),
  GrantStmt: (body) => (body['is_grant'] === true ? {} : { kind: 'revoke' }),
  GrantRoleStmt: (body) => (body['is_grant'] === true ? {} : { kind: 'revoke' }),
  DropStmt: (body) => (ADMIN_OBJECTS.has(textOf(body['removeType'])) ? { access: 'admin' } : {}),
  CreateStmt: (body) => (isTemporary(body['relation']) ? { flags: ['temporary'] } : {}),
  ViewStmt: (body) => (isTemporary(body['view']) ? { flags: ['temporary'] } : {}),
  CreateTableAsStmt: (body) => {
    const into = isBody(body['into']) ? body['into'] : {};
    return { flags: isTemporary(into['rel']) ? ['into', 'temporary'] : ['into'] };
  },
  AlterTableStmt: describeAlterTable,
  CreateFunctionStmt: describeFunction,
  DefineStmt: (body) => {
    const flag = DEFINED[textOf(body['kind'])];
    return flag === undefined ? {} : { flags: [flag] };
  },
  ExplainStmt: (body) => (executes(body) ? { flags: ['explain-analyze'] } : {}),
  RenameStmt: (body) => (ADMIN_OBJECTS.has(textOf(body['renameType'])) ? { access: 'admin' } : {}),
  ReindexStmt: (body) => (/SYSTEM|DATABASE/.test(textOf(body['kind'])) ? { access: 'admin' } : {}),
};

/** `AccessShareLock` (storage/lockdefs.h): what every SELECT takes, and pg_dump asks for by name. */
const ACCESS_SHARE = 1;

const DEFINED: Readonly<Record<string, string>> = {
  OBJECT_OPERATOR: 'create-operator',
  OBJECT_AGGREGATE: 'create-function',
};

const ADMIN_OBJECTS = new Set(
  `OBJECT_ACCESS_METHOD OBJECT_DATABASE OBJECT_EVENT_TRIGGER OBJECT_EXTENSION OBJECT_FDW OBJECT_FOREIGN_SERVER
   OBJECT_FOREIGN_TABLE OBJECT_LANGUAGE OBJECT_POLICY OBJECT_PUBLICATION OBJECT_ROLE OBJECT_SUBSCRIPTION
   OBJECT_TABLESPACE OBJECT_USER_MAPPING OBJECT_OPCLASS OBJECT_OPFAMILY OBJECT_TRANSFORM`.split(/\s+/),
);

/** True for EXPLAIN with ANALYZE in force: the statement is executed. The last mention of an option counts. */
export function executes(explain: Body): boolean {
  let analyze = false;
  for (const item of listOf(explain['options'])) {
    const option = as(item, 'DefElem');
    if (option?.defname === 'analyze') analyze = !/^(false|off|0)$/i.test(constantOf(option.arg) ?? 'true');
  }
  return analyze;
}

function describeCopy(body: Body): Partial<StatementFacts> {
  const kind = body['is_from'] === true ? 'copy-in' : 'copy-out';
  if (body['is_program'] === true) return { kind: 'copy-program', access: 'admin', flags: ['copy-program'] };
  if (typeof body['filename'] === 'string') return { kind, access: 'admin', flags: ['copy-file'] };
  return { kind, access: kind === 'copy-in' ? 'write' : 'read' };
}

function describeSet(body: Body): Partial<StatementFacts> {
  const kind = textOf(body['kind']);
  const name = textOf(body['name']);
  if (kind === 'VAR_RESET_ALL') return { kind: 'reset', flags: ['search-path'] };
  if (kind === 'VAR_SET_MULTI') return { access: name === 'SESSION CHARACTERISTICS' ? 'session' : 'transaction' };
  const reset = kind === 'VAR_RESET' || kind === 'VAR_SET_DEFAULT' || kind === 'VAR_SET_CURRENT';
  const values = listOf(body['args']).map(constantOf);
  const effect = effectOfSetting(name, values.length === 1 ? values[0] : undefined, reset);
  return { ...effect, kind: reset ? 'reset' : 'set' };
}

function describeTransaction(body: Body): Partial<StatementFacts> {
  const kind = TRANSACTION_KINDS[textOf(body['kind'])];
  if (kind === undefined) return { kind: 'unknown', access: 'unknown', reason: 'an unknown transaction statement' };
  return kind.includes('prepare') ? { kind, flags: ['two-phase'] } : { kind };
}

const TRANSACTION_KINDS: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollback-to',
  TRANS_STMT_PREPARE: 'prepare-transaction',
  TRANS_STMT_COMMIT_PREPARED: 'commit-prepared',
  TRANS_STMT_ROLLBACK_PREPARED: 'rollback-prepared',
};

function describeAlterTable(body: Body): Partial<StatementFacts> {
  const flags = new Set<string>();
  let access: Access = 'ddl';
  for (const item of listOf(body['cmds'])) {
    const subtype = as(item, 'AlterTableCmd')?.subtype ?? '';
    if (subtype.endsWith('RowSecurity')) flags.add('row-security');
    if (subtype.includes('Trig') || subtype.endsWith('Rule')) flags.add('triggers');
    if (subtype === 'AT_ChangeOwner') flags.add('change-owner');
    if (subtype === 'AT_ChangeOwner' || subtype.endsWith('RowSecurity')) access = 'admin';
  }
  return { access, flags: [...flags] };
}

/** A function's body runs later and is not looked into; who may create one may do what its language can. */
function describeFunction(body: Body): Partial<StatementFacts> {
  const flags = ['create-function'];
  let language = 'sql';
  for (const item of listOf(body['options'])) {
    const option = as(item, 'DefElem');
    if (option?.defname === 'language') language = (constantOf(option.arg) ?? '').toLowerCase();
    if (option?.defname === 'security' && constantOf(option.arg) === 'true') flags.push('security-definer');
  }
  if (language === 'sql' || language === 'plpgsql') return { flags };
  return { access: 'admin', flags: [...flags, 'untrusted-language'] };
}

export function isTemporary(relation: unknown): boolean {
  if (!isBody(relation)) return false;
  return relation['relpersistence'] === 't' || textOf(relation['schemaname']).startsWith('pg_temp');
}

/** The table that an object's qualified name leads to, as [schema, name]; undefined for objects that are no table. */
export function tableOfObject(type: string, name: unknown): readonly [string, string] | undefined {
  const parts = namesOf(as(name, 'List')?.items);
  if (ON_TABLE.has(type)) parts.pop();
  else if (!TABLES.has(type)) return undefined;
  const table = parts.at(-1);
  return table === undefined ? undefined : [parts.at(-2) ?? '', table];
}

const TABLES = new Set(
  'OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_FOREIGN_TABLE OBJECT_SEQUENCE OBJECT_INDEX'.split(' '),
);
const ON_TABLE = new Set('OBJECT_COLUMN OBJECT_TRIGGER OBJECT_RULE OBJECT_POLICY OBJECT_TABCONSTRAINT'.split(' '));
