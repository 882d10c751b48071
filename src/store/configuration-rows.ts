import type { Selectable, Transaction } from 'kysely';
import { Fault } from '../model/fault.ts';
import type {
  ChannelsTable,
  CredentialsTable,
  Db,
  DeclarationTable,
  ExportsTable,
  PoliciesTable,
  Schema,
  TargetsTable,
} from './schema.ts';
import type { Store } from './store.ts';

type Named<Table> = Selectable<Table>;

/** The whole declared configuration, by name within each kind. */
export interface Declarations {
  /** Counts the changes: a plan that was made for another one is out of date. */
  readonly version: number;
  readonly issuers: readonly Named<DeclarationTable>[];
  readonly trustRules: readonly Named<DeclarationTable>[];
  readonly targets: readonly Named<TargetsTable>[];
  readonly credentials: readonly Named<CredentialsTable>[];
  readonly policies: readonly Named<PoliciesTable>[];
  readonly channels: readonly Named<ChannelsTable>[];
  readonly exports: readonly Named<ExportsTable>[];
  readonly retention: readonly Named<DeclarationTable>[];
}

export function readDeclarations(store: Store): Promise<Declarations> {
  return store.read((db) => read(db));
}

async function read(db: Db): Promise<Declarations> {
  const counter = await db.selectFrom('versions').select('version').where('topic', '=', TOPIC).executeTakeFirst();
  return {
    version: counter?.version ?? 0,
    issuers: await db.selectFrom('issuers').selectAll().orderBy('name').execute(),
    trustRules: await db.selectFrom('trust_rules').selectAll().orderBy('name').execute(),
    targets: await db.selectFrom('targets').selectAll().orderBy('name').execute(),
    credentials: await db.selectFrom('credentials').selectAll().orderBy('target').execute(),
    policies: await db.selectFrom('policies').selectAll().orderBy('name').execute(),
    channels: await db.selectFrom('channels').selectAll().orderBy('name').execute(),
    exports: await db.selectFrom('exports').selectAll().orderBy('name').execute(),
    retention: await db.selectFrom('retention_rules').selectAll().orderBy('name').execute(),
  };
}

const TOPIC = 'configuration';

/** One row to write or to remove. */
export type RowChange =
  | {
      readonly table: 'issuers' | 'trust_rules' | 'retention_rules';
      readonly name: string;
      readonly declaration: string | undefined;
    }
  | { readonly table: 'targets'; readonly name: string; readonly target: TargetContent | undefined }
  | { readonly table: 'policies'; readonly name: string; readonly policy: PolicyContent | undefined }
  | { readonly table: 'channels'; readonly name: string; readonly channel: ChannelContent | undefined }
  | { readonly table: 'exports'; readonly name: string; readonly export: ExportContent | undefined };

export interface TargetContent {
  readonly protocol: string;
  readonly declaration: string;
  readonly credential: { readonly sealed: string; readonly fingerprint: string };
}

export interface ChannelContent {
  readonly kind: ChannelsTable['kind'];
  readonly declaration: string;
  readonly sealed: string;
  readonly fingerprint: string;
}

export interface ExportContent extends Omit<ChannelContent, 'kind'> {
  readonly kind: ExportsTable['kind'];
}

export interface PolicyContent {
  readonly text: string;
  readonly digest: string;
}

/**
 * Writes all changes or none. Throws a `Fault` of code `config-invalid` where the configuration has changed since
 * `version`, so that nobody applies what was not shown to them.
 */
export async function writeDeclarations(
  store: Store,
  changes: readonly RowChange[],
  options: { readonly version: number; readonly now: string },
): Promise<void> {
  await store.write(
    async (trx) => {
      await claimVersion(trx, options.version);
      for (const change of changes) await writeRow(trx, change, options.now);
    },
    changes.some(isTargetGone) ? [TOPIC, 'definitions'] : [TOPIC],
  );
}

/** Nobody waits for a decision on what it said; what was accepted stays accepted, should the target come back. */
function isTargetGone(change: RowChange): boolean {
  return change.table === 'targets' && change.target === undefined;
}

/** Somebody else changed the configuration first: what was planned is to be planned again. */
export class ConfigurationChanged extends Fault {
  constructor() {
    super('config-invalid', 'the configuration changed since this plan was made');
    this.name = 'ConfigurationChanged';
  }
}

/** Locks the counter's row until the end of the transaction; the change feed counts it up. */
async function claimVersion(trx: Transaction<Schema>, version: number): Promise<void> {
  await trx
    .insertInto('versions')
    .values({ topic: TOPIC, version: 0 })
    .onConflict((conflict) => conflict.column('topic').doNothing())
    .execute();
  const claimed = await trx
    .updateTable('versions')
    .set({ version })
    .where('topic', '=', TOPIC)
    .where('version', '=', version)
    .returning('version')
    .execute();
  if (claimed.length === 0) throw new ConfigurationChanged();
}

async function writeRow(trx: Transaction<Schema>, change: RowChange, now: string): Promise<void> {
  const { name } = change;
  switch (change.table) {
    case 'issuers':
    case 'trust_rules':
    case 'retention_rules':
      await trx.deleteFrom(change.table).where('name', '=', name).execute();
      if (change.declaration === undefined) return;
      await trx.insertInto(change.table).values({ name, declaration: change.declaration, updated_at: now }).execute();
      return;
    case 'targets':
      await trx.deleteFrom('credentials').where('target', '=', name).execute();
      await trx.deleteFrom('targets').where('name', '=', name).execute();
      if (isTargetGone(change))
        await trx.updateTable('definition_versions').set({ listed: 0 }).where('target', '=', name).execute();
      if (change.target !== undefined) await insertTarget(trx, name, change.target, now);
      return;
    case 'policies': {
      const before = await trx.deleteFrom('policies').where('name', '=', name).returning('version').executeTakeFirst();
      if (change.policy === undefined) return;
      const version = (before?.version ?? 0) + 1;
      await trx
        .insertInto('policies')
        .values({ name, ...change.policy, version, updated_at: now })
        .execute();
      return;
    }
    case 'channels':
      await trx.deleteFrom('channels').where('name', '=', name).execute();
      if (change.channel === undefined) return;
      await trx
        .insertInto('channels')
        .values({ name, ...change.channel, updated_at: now })
        .execute();
      return;
    case 'exports':
      await trx.deleteFrom('exports').where('name', '=', name).execute();
      if (change.export === undefined) return;
      await trx
        .insertInto('exports')
        .values({ name, ...change.export, updated_at: now })
        .execute();
      return;
    default:
      change satisfies never;
  }
}

async function insertTarget(trx: Transaction<Schema>, name: string, target: TargetContent, now: string): Promise<void> {
  const { protocol, declaration, credential } = target;
  await trx.insertInto('targets').values({ name, protocol, declaration, updated_at: now }).execute();
  await trx
    .insertInto('credentials')
    .values({ target: name, ...credential, updated_at: now })
    .execute();
}

/** All policies as one YAML document, in the order of their names. */
export function policyDocument(policies: Declarations['policies']): string {
  return policies.length === 0 ? 'policies: []\n' : `policies:\n${policies.map(({ text }) => text).join('')}`;
}

/** Keeps the text of a policy set that came into force, by the digest that its decisions carry. */
export async function archivePolicySet(
  store: Store,
  set: { readonly digest: string; readonly text: string; readonly now: string },
) {
  await store.write((db) =>
    db
      .insertInto('policy_sets')
      .values({ digest: set.digest, text: set.text, first_active_at: set.now })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute(),
  );
}

export function findPolicySet(store: Store, digest: string): Promise<{ readonly text: string } | undefined> {
  return store.read((db) =>
    db.selectFrom('policy_sets').select('text').where('digest', '=', digest).executeTakeFirst(),
  );
}
