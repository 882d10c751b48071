import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import type { Store } from '../../store/store.ts';
import { createDeploymentKey, type DeploymentKey, readDeploymentKey } from '../../targets/deployment-key.ts';
import { CliError, EXIT } from '../cli-error.ts';

export interface Deployment {
  readonly id: string;
  readonly kind: 'configured' | 'demo';
  readonly key: DeploymentKey;
}

export interface DeploymentOptions {
  readonly kind: Deployment['kind'];
  /** Made where the deployment is new and there is none. */
  readonly keyFile: string;
  readonly nowMs: number;
}

/**
 * What this store belongs to: written once, at its first start, and never changed. A store of one kind is not started
 * as the other, so that what a demo trusted can never let anybody into a real target; nor with another key than that
 * of its first start, which would open nothing that is sealed in it. Throws a `CliError` that says so.
 */
export async function claimDeployment(store: Store, options: DeploymentOptions): Promise<Deployment> {
  const { kind, keyFile, nowMs } = options;
  const known = await findDeployment(store);
  if (known) return join(store, known, options);
  // The key first: a start that ends between the two finds its key and goes on.
  const isOurs = !existsSync(keyFile);
  const key = isOurs ? createDeploymentKey(keyFile) : readDeploymentKey(keyFile);
  const row = { id: randomUUID(), kind, created_at: new Date(nowMs).toISOString(), key_check: checkOf(key) };
  await store.write((db) =>
    db
      .insertInto('deployment')
      .values(row)
      .onConflict((on) => on.doNothing())
      .execute(),
  );
  const found = await findDeployment(store);
  if (found === undefined || found.id === row.id) return { id: row.id, kind, key };
  // Another gateway was first by a moment; a key that was made for nothing would only be taken for the right one.
  if (isOurs) rmSync(keyFile);
  return join(store, found, options);
}

type DeploymentRow = NonNullable<Awaited<ReturnType<typeof findDeployment>>>;

function findDeployment(store: Store) {
  return store.read((db) => db.selectFrom('deployment').select(['id', 'kind', 'key_check']).executeTakeFirst());
}

async function join(store: Store, row: DeploymentRow, { kind, keyFile }: DeploymentOptions): Promise<Deployment> {
  if (row.kind !== kind) throw otherKind(row.kind);
  if (!existsSync(keyFile)) {
    throw new CliError(EXIT.config, `the deployment's key file is missing: ${keyFile}`, {
      hint: `${SAME_KEY} Without it no sealed credential opens.`,
    });
  }
  const key = readDeploymentKey(keyFile);
  const check = checkOf(key);
  if (row.key_check === null) {
    await store.write((db) => db.updateTable('deployment').set({ key_check: check }).execute());
  } else if (row.key_check !== check) {
    throw new CliError(EXIT.config, `${keyFile} is not the key of this deployment`, { hint: SAME_KEY });
  }
  return { id: row.id, kind, key };
}

const SAME_KEY =
  'All gateways of a store have the key of its first start: the deployment.key in the data directory of that gateway, ' +
  'or its backup. Copy it, mode 0600, and name it with CHAPERONE_KEY_FILE.';

function checkOf(key: DeploymentKey): string {
  return key.derive('deployment/check').toString('hex');
}

function otherKind(found: Deployment['kind']): CliError {
  return found === 'demo'
    ? new CliError(EXIT.config, 'this data belongs to a demo, and no configured gateway starts on it', {
        hint: 'Give the deployment a data directory or a database of its own, or start it with --demo.',
      })
    : new CliError(EXIT.config, 'this data belongs to a configured gateway, and no demo starts on it', {
        hint: 'Start it without --demo, or give the demo a folder of its own: CHAPERONE_DATA_DIR=./demo-data npm start',
      });
}
