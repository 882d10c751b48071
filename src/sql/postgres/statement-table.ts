import type { Access } from '../../model/request.ts';

/** What a statement is by its node alone. Some are looked at more closely (special-statements.ts). */
export interface StatementClass {
  readonly kind: string;
  readonly access: Access;
  readonly flags: readonly string[];
  /** It changes definitions, so that a catalogue read before it may be wrong after it. */
  readonly ddl: boolean;
}

/** Flags that a statement bears by its node alone. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  ListenStmt: ['listen'],
  NotifyStmt: ['notify'],
  DoStmt: ['do-block'],
  AlterSystemStmt: ['superuser-setting'],
  CreateFdwStmt: ['foreign-access'],
  AlterFdwStmt: ['foreign-access'],
  CreateForeignServerStmt: ['foreign-access'],
  AlterForeignServerStmt: ['foreign-access'],
  CreateForeignTableStmt: ['foreign-access'],
  CreateUserMappingStmt: ['foreign-access'],
  AlterUserMappingStmt: ['foreign-access'],
  ImportForeignSchemaStmt: ['foreign-access'],
  CreateSubscriptionStmt: ['foreign-access'],
  AlterSubscriptionStmt: ['foreign-access'],
  CreateTrigStmt: ['triggers'],
  CreateEventTrigStmt: ['triggers'],
  AlterEventTrigStmt: ['triggers'],
  RuleStmt: ['rules'],
  CreateCastStmt: ['create-cast'],
  CreateExtensionStmt: ['extension'],
  AlterExtensionStmt: ['extension'],
  AlterExtensionContentsStmt: ['extension'],
  CreatePolicyStmt: ['row-security'],
  AlterPolicyStmt: ['row-security'],
};

/**
 * Every statement node that PostgreSQL 18's parser knows (nodes/parsenodes.h). A node that is not here is unknown.
 * Those that stand only inside others (a function's body, an ALTER TABLE) are listed as unknown.
 */
export const STATEMENTS: ReadonlyMap<string, StatementClass> = new Map([
  ...group('read', 'select', 'SelectStmt'),
  ...group('write', 'insert', 'InsertStmt'),
  ...group('write', 'update', 'UpdateStmt'),
  ...group('write', 'delete', 'DeleteStmt'),
  ...group('write', 'merge', 'MergeStmt'),
  ...group('write', 'truncate', 'TruncateStmt'),
  ...group('write', 'copy-in', 'CopyStmt'),
  ...group('write', 'refresh', 'RefreshMatViewStmt'),
  ...group('write', 'vacuum', 'VacuumStmt'),
  ...group('write', 'notify', 'NotifyStmt'),

  ...group('ddl', 'create', 'CreateStmt CreateSchemaStmt CreateSeqStmt DefineStmt CreateDomainStmt CompositeTypeStmt'),
  ...group(
    'ddl',
    'create',
    'CreateEnumStmt CreateRangeStmt ViewStmt IndexStmt CreateStatsStmt CreateTrigStmt RuleStmt',
  ),
  ...group('ddl', 'create', 'CreateFunctionStmt CreateTableAsStmt CreateCastStmt CreateConversionStmt'),
  ...group('ddl', 'alter', 'AlterTableStmt AlterCollationStmt AlterDomainStmt AlterEnumStmt AlterFunctionStmt'),
  ...group(
    'ddl',
    'alter',
    'AlterObjectDependsStmt AlterObjectSchemaStmt AlterOperatorStmt AlterTypeStmt AlterStatsStmt',
  ),
  ...group('ddl', 'alter', 'AlterSeqStmt AlterTSDictionaryStmt AlterTSConfigurationStmt RenameStmt'),
  ...group('ddl', 'comment', 'CommentStmt'),
  ...group('ddl', 'drop', 'DropStmt'),
  ...group('ddl', 'cluster', 'ClusterStmt'),
  ...group('ddl', 'reindex', 'ReindexStmt'),

  ...group('admin', 'grant', 'GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt'),
  ...group('admin', 'create', 'CreateRoleStmt CreatedbStmt CreateTableSpaceStmt CreateExtensionStmt CreateFdwStmt'),
  ...group('admin', 'create', 'CreateForeignServerStmt CreateForeignTableStmt CreateUserMappingStmt CreatePolicyStmt'),
  ...group('admin', 'create', 'CreateAmStmt CreateEventTrigStmt CreatePLangStmt CreateOpClassStmt CreateOpFamilyStmt'),
  ...group(
    'admin',
    'create',
    'CreateTransformStmt CreatePublicationStmt CreateSubscriptionStmt ImportForeignSchemaStmt',
  ),
  ...group('admin', 'alter', 'AlterRoleStmt AlterRoleSetStmt AlterDatabaseStmt AlterDatabaseSetStmt AlterOwnerStmt'),
  ...group('admin', 'alter', 'AlterDatabaseRefreshCollStmt AlterTableSpaceOptionsStmt AlterTableMoveAllStmt'),
  ...group('admin', 'alter', 'AlterExtensionStmt AlterExtensionContentsStmt AlterFdwStmt AlterForeignServerStmt'),
  ...group('admin', 'alter', 'AlterUserMappingStmt AlterPolicyStmt AlterEventTrigStmt AlterOpFamilyStmt'),
  ...group(
    'admin',
    'alter',
    'AlterPublicationStmt AlterSubscriptionStmt AlterSystemStmt ReassignOwnedStmt SecLabelStmt',
  ),
  ...group('admin', 'drop', 'DropRoleStmt DropdbStmt DropTableSpaceStmt DropUserMappingStmt DropOwnedStmt'),
  ...group('admin', 'drop', 'DropSubscriptionStmt'),
  ...group('admin', 'load', 'LoadStmt'),
  ...group('admin', 'checkpoint', 'CheckPointStmt'),

  ...group('session', 'set', 'VariableSetStmt'),
  ...group('session', 'show', 'VariableShowStmt'),
  ...group('session', 'prepare', 'PrepareStmt'),
  ...group('session', 'execute', 'ExecuteStmt'),
  ...group('session', 'deallocate', 'DeallocateStmt'),
  ...group('session', 'declare', 'DeclareCursorStmt'),
  ...group('session', 'close', 'ClosePortalStmt'),
  ...group('session', 'listen', 'ListenStmt'),
  ...group('session', 'unlisten', 'UnlistenStmt'),
  ...group('session', 'discard', 'DiscardStmt'),
  ...group('read', 'fetch', 'FetchStmt'),
  ...group('read', 'explain', 'ExplainStmt'),
  ...group('session', 'lock', 'LockStmt'),
  ...group('transaction', 'begin', 'TransactionStmt'),
  ...group('transaction', 'set-constraints', 'ConstraintsSetStmt'),

  ...group('unknown', 'do', 'DoStmt'),
  ...group('unknown', 'call', 'CallStmt'),
  ...group('unknown', 'unknown', 'RawStmt SetOperationStmt ReturnStmt PLAssignStmt ReplicaIdentityStmt'),
]);

function group(access: Access, kind: string, tags: string): [string, StatementClass][] {
  const ddl = access === 'ddl' || (access === 'admin' && kind !== 'load' && kind !== 'checkpoint');
  return tags.split(' ').map((tag) => [tag, { kind, access, flags: FLAGS[tag] ?? [], ddl }]);
}
