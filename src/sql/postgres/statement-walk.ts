import { blockProgram, viewProgram } from './bodies/program.ts';
import { type Catalogue, resolveRelation } from './catalogue.ts';
import type { CteNames } from './cte-names.ts';
import type { Facts } from './facts.ts';
import { as, type Body, isBody, listOf, textOf } from './nodes.ts';
import { intoOf, isStatement, objectTables, selectInto } from './operation-parts.ts';

/** Collects a statement's own facts; returns the statements that stand inside it. */
export function walkStatement(
  tag: string,
  body: Body,
  facts: Facts,
  ctes: CteNames | undefined,
  catalogue: Catalogue | undefined,
): readonly Body[] {
  switch (tag) {
    case 'SelectStmt':
      if (intoOf(body) !== undefined) return selectInto(body, facts);
      facts.walk({ SelectStmt: body }, 'read', ctes);
      return [];
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      facts.walk(body['relation'], 'write', ctes);
      facts.query(body, 'read', ctes, ['relation']);
      return [];
    case 'CopyStmt':
      facts.walk(body['relation'], body['is_from'] === true ? 'write' : 'read', ctes);
      facts.walk(body['whereClause'], 'read', ctes);
      return isBody(body['query']) ? [body['query']] : [];
    case 'CallStmt':
      facts.walk({ FuncCall: body['funccall'] }, 'read', ctes);
      return [];
    case 'DoStmt':
      if (catalogue !== undefined) facts.program(blockProgram(body));
      return [];
    case 'LockStmt':
      facts.walk(body['relations'], body['mode'] === 1 ? 'read' : 'write', ctes);
      return [];
    case 'ExecuteStmt':
      facts.walk(body['params'], 'read', ctes);
      return [];
    case 'DropStmt':
    case 'CommentStmt':
    case 'SecLabelStmt':
      objectTables(body, facts);
      return [];
    case 'RefreshMatViewStmt':
      facts.walkParts(body, 'write', ctes);
      runDefinition(body['relation'], facts, catalogue);
      return [];
    case 'CreateStmt':
    case 'AlterTableStmt':
      for (const bound of boundsOf(body)) boundIsKept(bound, facts);
      facts.walkParts(body, 'write', ctes);
      return [];
    default:
      facts.walkParts(body, 'write', ctes, ['query', 'actions', 'schemaElts']);
      return [body['query'], ...listOf(body['actions']), ...listOf(body['schemaElts'])].filter(isStatement);
  }
}

/** What fills a materialised view runs when it is refreshed. */
function runDefinition(relation: unknown, facts: Facts, catalogue: Catalogue | undefined): void {
  if (catalogue === undefined || !isBody(relation)) return;
  const found = resolveRelation(catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
  if (found?.definition !== undefined) facts.program(viewProgram(found));
}

/** The bounds of a partition, where it is made or attached. */
function boundsOf(body: Body): readonly unknown[] {
  const attached = listOf(body['cmds']).map((item) => as(as(item, 'AlterTableCmd')?.def, 'PartitionCmd')?.bound);
  return [body['partbound'], ...attached].filter((bound) => bound !== undefined);
}

/** What a bound computes is kept in the catalogue, where no mask is (PostgreSQL manual, CREATE TABLE). */
function boundIsKept(bound: unknown, facts: Facts): void {
  const before = facts.programs.size;
  facts.walk(bound, 'read', undefined);
  if (facts.programs.size === before && !facts.opaque) return;
  const reason = "a function of the database would compute the partition's bound, which anybody may read";
  facts.effect('a bound', { access: 'unknown', flags: [], result: 'unknown', reason }, []);
}
