import type { Operation } from '../../model/request.ts';
import type { Effects } from './analysis.ts';
import type { Stale } from './catalogue.ts';
import { as, type Body, constantOf, listOf, namesOf, textOf } from './nodes.ts';
import { CHANGES_PROGRAMS } from './operation-parts.ts';

/** What a statement leaves in doubt of what runs in the database, given its operations, marks included. */
export function staleAfter(tag: string, body: Body, operations: readonly Operation[]): Stale | undefined {
  const programs = operations.some((one) => one.flags.includes(CHANGES_PROGRAMS) || one.access === 'unknown');
  return programs ? (PROGRAMS[tag]?.(body) ?? ALL_IN_DOUBT) : undefined;
}

/** What a statement's effects leave in doubt; undefined where nothing. */
export function staleOf({ ddl, stale }: Effects): Stale | undefined {
  return stale ?? (ddl ? RELATIONS_IN_DOUBT : undefined);
}

export function bothStale(one: Stale | undefined, other: Stale | undefined): Stale | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const either = one.functions === 'any' || other.functions === 'any';
  return {
    functions: either ? 'any' : new Set([...one.functions, ...other.functions]),
    programs: one.programs || other.programs,
    writes: one.writes || other.writes,
  };
}

/** True of a statement that may change what runs with other statements: functions, triggers, operators, views, … */
export function changesPrograms(tag: string, body: Body, isDdl: boolean): boolean {
  if (!isDdl || HARMLESS.has(tag)) return false;
  if (tag === 'AlterTableStmt') return listOf(body['cmds']).some(altersPrograms);
  if (tag === 'DropStmt') return !DROPPED.has(textOf(body['removeType']));
  if (tag === 'RenameStmt') return !RENAMED.has(textOf(body['renameType']));
  if (tag === 'CreateStmt') return listOf(body['tableElts']).some(hasExpression);
  return true;
}

/** Everything may mean something else. */
export const ALL_IN_DOUBT: Stale = { functions: 'any', programs: true, writes: true };
/** Relations may be others, and what runs is what it was. */
export const RELATIONS_IN_DOUBT: Stale = { functions: new Set(), programs: false, writes: false };

/** Statements of which is known what they change; any other that changes what runs changes all of it. */
const PROGRAMS: Readonly<Record<string, (body: Body) => Stale>> = {
  CreateFunctionStmt: (body) => ({ functions: new Set(lastName(body['funcname'])), programs: true, writes: false }),
  CreateTrigStmt: () => ({ functions: new Set(), programs: true, writes: true }),
  RuleStmt: () => ({ functions: new Set(), programs: true, writes: true }),
  ViewStmt: () => ({ functions: new Set(), programs: true, writes: true }),
  CreateStmt: () => ({ functions: new Set(), programs: false, writes: true }),
  AlterTableStmt: () => ({ functions: new Set(), programs: true, writes: true }),
  RenameStmt: (body) =>
    TABLES.has(textOf(body['renameType'])) ? { functions: new Set(), programs: true, writes: true } : ALL_IN_DOUBT,
};

const TABLES = new Set('OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_FOREIGN_TABLE OBJECT_SCHEMA'.split(' '));

function lastName(names: unknown): readonly string[] {
  return namesOf(names).slice(-1);
}

/** Statements that change definitions, and none of what runs. */
const HARMLESS = new Set(
  `CommentStmt CreateSchemaStmt CreateSeqStmt AlterSeqStmt IndexStmt CreateStatsStmt AlterStatsStmt CreateTableAsStmt
   SelectStmt CompositeTypeStmt CreateEnumStmt AlterEnumStmt ClusterStmt ReindexStmt GrantStmt GrantRoleStmt
   AlterDefaultPrivilegesStmt CreateRoleStmt AlterRoleStmt DropRoleStmt DiscardStmt SecLabelStmt CreatedbStmt DropdbStmt
   CreateTableSpaceStmt DropTableSpaceStmt CreatePublicationStmt AlterPublicationStmt CreateUserMappingStmt
   AlterUserMappingStmt DropUserMappingStmt CreateSubscriptionStmt AlterSubscriptionStmt DropSubscriptionStmt`.split(
    /\s+/,
  ),
);

/** Objects without which nothing runs that did not run with them. */
const DROPPED = new Set(
  `OBJECT_TABLE OBJECT_SEQUENCE OBJECT_INDEX OBJECT_COLUMN OBJECT_SCHEMA OBJECT_ROLE OBJECT_VIEW OBJECT_MATVIEW
   OBJECT_FOREIGN_TABLE OBJECT_TRIGGER OBJECT_POLICY OBJECT_STATISTIC_EXT OBJECT_TABCONSTRAINT`.split(/\s+/),
);
const RENAMED = new Set('OBJECT_COLUMN OBJECT_SEQUENCE OBJECT_INDEX OBJECT_ROLE OBJECT_TABCONSTRAINT'.split(' '));

function altersPrograms(item: unknown): boolean {
  const command = as(item, 'AlterTableCmd');
  const subtype = command?.subtype ?? '';
  if (subtype === 'AT_AddColumn') return hasExpression(command?.def);
  return !/^AT_(DropColumn|SetNotNull|DropNotNull|SetStatistics|SetStorage|ClusterOn|DropConstraint|ChangeOwner)$/.test(
    subtype,
  );
}

/** A column with a default or a check. */
function hasExpression(element: unknown): boolean {
  const column = as(element, 'ColumnDef');
  if (column === undefined) return as(element, 'Constraint')?.contype === 'CONSTR_CHECK';
  const constraints = listOf(column.constraints).map((one) => as(one, 'Constraint'));
  return constraints.some((one) => one?.raw_expr !== undefined && constantOf(one.raw_expr) === undefined);
}
