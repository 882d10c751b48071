import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseVerifierKey } from '../../audit/log/signed-note.ts';
import { type OpenAuditLog, openAuditLog } from '../../audit/open-audit-log.ts';
import { LIMITS } from '../../model/limits.ts';
import { findCheckpoint, keepCheckpoint } from '../../store/checkpoint-rows.ts';
import type { Store } from '../../store/store.ts';
import type { Deployment } from './deployment.ts';
import { openSigner } from './log-config.ts';
import type { StartConfig } from './start-config.ts';

export interface LogSurroundings {
  readonly store: Store;
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** Opens this gateway's log: its keys wherever they are, its witnesses, and what the store knows that it signed. */
export async function openLog(
  config: StartConfig,
  deployment: Deployment,
  { store, env, nowMs, onFault }: LogSurroundings,
): Promise<OpenAuditLog> {
  const directory = join(config.dataDirectory, 'audit');
  const kept = await knownKey(directory);
  const { key, previousKey, witnesses, onAlarm } = config.log ?? {};
  const opening = (place: NonNullable<typeof key>) =>
    openSigner(place, {
      env,
      beside: config.directory ?? process.cwd(),
      fetch,
      signal: AbortSignal.timeout(LIMITS.signerDeadlineMs),
      known: kept === undefined ? undefined : parseVerifierKey(kept)?.key,
    });
  const signer = key && (await opening(key));
  const previous = previousKey && (await opening(previousKey));
  return openAuditLog({
    directory,
    origin: originOf(kept ?? '') ?? (await newOrigin(config, deployment, store)),
    onFault,
    anchor: {
      newest: (origin) => findCheckpoint(store, origin),
      keep: (origin, size, checkpoint) =>
        keepCheckpoint(store, { origin, size, checkpoint, now: new Date(nowMs()).toISOString() }),
    },
    ...(signer === undefined ? {} : { signer }),
    ...(previous === undefined ? {} : { previous }),
    ...(witnesses === undefined ? {} : { witnessing: { policy: witnesses, fetch } }),
    ...(onAlarm === undefined ? {} : { onAlarm }),
  });
}

/** The name in a verifier key, which is NAME+HASH+KEY. */
export function originOf(verifierKey: string): string | undefined {
  return /^(.+)\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\s*$/.exec(verifierKey)?.[1];
}

/** A log keeps the name that it began with, wherever the gateway is reached later. */
async function knownKey(directory: string): Promise<string | undefined> {
  const path = join(directory, 'keys', 'log.vkey');
  return existsSync(path) ? (await readFile(path, 'utf8')).trimEnd() : undefined;
}

/**
 * Each gateway keeps a log of its own, and no two logs may have one name: not two gateways', nor two of one gateway, the
 * first of which was lost or put away.
 */
async function newOrigin(config: StartConfig, { id, kind }: Deployment, store: Store): Promise<string> {
  const { databaseUrl, publicUrl } = config;
  const host =
    publicUrl === undefined ? (kind === 'demo' ? 'demo.invalid' : 'gateway.invalid') : new URL(publicUrl).host;
  const plain = `${host}/${id}`;
  const isFree = databaseUrl === undefined && (await findCheckpoint(store, plain)) === undefined;
  return isFree ? plain : `${plain}/${randomBytes(4).toString('hex')}`;
}
