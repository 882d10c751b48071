import type { LockMode } from '../../model/request.ts';
import { as, type Body, constantOf, listOf, textOf } from './nodes.ts';

/**
 * The strongest lock that a statement takes on the tables it names (PostgreSQL manual, 13.3.1), where it names any. Rows
 * and advisory locks are no locks of a table; what a function, a trigger or a cascade locks is of operations of its own.
 */
export function lockOf(tag: string, body: Body): LockMode | undefined {
  const isConcurrent = body['concurrent'] === true || body['concurrently'] === true || hasOption(body, 'concurrently');
  switch (tag) {
    case 'SelectStmt':
      return listOf(body['lockingClause']).length > 0 ? 'row-share' : 'access-share';
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return 'row-exclusive';
    case 'CopyStmt':
      return body['is_from'] === true ? 'row-exclusive' : 'access-share';
    case 'LockStmt':
      return MODES[Number(body['mode'] ?? 8)] ?? 'access-exclusive';
    case 'IndexStmt':
      return isConcurrent ? 'share-update-exclusive' : 'share';
    case 'DropStmt':
    case 'ReindexStmt':
      return isConcurrent ? 'share-update-exclusive' : 'access-exclusive';
    case 'RefreshMatViewStmt':
      return isConcurrent ? 'exclusive' : 'access-exclusive';
    case 'VacuumStmt':
      return body['is_vacuumcmd'] === true && hasOption(body, 'full') ? 'access-exclusive' : 'share-update-exclusive';
    case 'CommentStmt':
    case 'SecLabelStmt':
    case 'CreateStatsStmt':
      return 'share-update-exclusive';
    case 'CreateTrigStmt':
    case 'AlterSeqStmt':
      return 'share-row-exclusive';
    case 'CreateStmt':
      return ofCreate(body);
    case 'AlterTableStmt':
      return ofAlterTable(body);
    case 'RenameStmt':
      return body['renameType'] === 'OBJECT_INDEX' ? 'share-update-exclusive' : 'access-exclusive';
    case 'TruncateStmt':
    case 'ClusterStmt':
    case 'RuleStmt':
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
    case 'AlterObjectSchemaStmt':
    case 'AlterOwnerStmt':
    case 'ViewStmt':
    case 'DropOwnedStmt':
      return 'access-exclusive';
    default:
      return undefined;
  }
}

/** The stronger of two; undefined is no lock. */
export function strongerLock(one: LockMode | undefined, other: LockMode | undefined): LockMode | undefined {
  const rank = (mode: LockMode | undefined): number => (mode === undefined ? 0 : MODES.indexOf(mode));
  return rank(one) >= rank(other) ? one : other;
}

/** By number (storage/lockdefs.h). */
const MODES: readonly (LockMode | undefined)[] = [
  undefined,
  'access-share',
  'row-share',
  'row-exclusive',
  'share-update-exclusive',
  'share',
  'share-row-exclusive',
  'exclusive',
  'access-exclusive',
];

/** A new table is nobody's yet: the lock is on those that it belongs to or refers to. */
function ofCreate(body: Body): LockMode | undefined {
  if (body['partbound'] !== undefined) return 'access-exclusive';
  const constraints = listOf(body['tableElts']).flatMap((item) => [
    item,
    ...listOf(as(item, 'ColumnDef')?.constraints),
  ]);
  const refers = constraints.some((item) => as(item, 'Constraint')?.contype === 'CONSTR_FOREIGN');
  if (refers) return 'share-row-exclusive';
  return listOf(body['inhRelations']).length > 0 ? 'share-update-exclusive' : undefined;
}

/** The strongest of its commands (commands/tablecmds.c, AlterTableGetLockLevel). */
function ofAlterTable(body: Body): LockMode {
  let strongest: LockMode | undefined;
  for (const item of listOf(body['cmds'])) {
    const command = as(item, 'AlterTableCmd');
    strongest = strongerLock(strongest, ofCommand(textOf(command?.subtype), command?.def));
  }
  return strongest ?? 'access-exclusive';
}

function ofCommand(subtype: string, definition: unknown): LockMode {
  if (SHARE_UPDATE_EXCLUSIVE.has(subtype)) return 'share-update-exclusive';
  if (/^AT_(Enable|Disable)(Always|Replica)?Trig/.test(subtype)) return 'share-row-exclusive';
  const isForeignKey = as(definition, 'Constraint')?.contype === 'CONSTR_FOREIGN';
  if (subtype === 'AT_AddConstraint' && isForeignKey) return 'share-row-exclusive';
  return 'access-exclusive';
}

const SHARE_UPDATE_EXCLUSIVE = new Set(
  `AT_SetStatistics AT_ClusterOn AT_DropCluster AT_SetOptions AT_ResetOptions AT_ValidateConstraint
   AT_DetachPartitionFinalize`.split(/\s+/),
);

/** The last mention of an option counts. */
function hasOption(body: Body, name: string): boolean {
  let isOn = false;
  for (const item of [...listOf(body['options']), ...listOf(body['params'])]) {
    const option = as(item, 'DefElem');
    if (option?.defname === name) isOn = !/^(false|off|0)$/i.test(constantOf(option.arg) ?? 'true');
  }
  return isOn;
}
