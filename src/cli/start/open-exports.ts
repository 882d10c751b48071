import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { post } from '../../approvals/channels/outgoing.ts';
import { signWebhook } from '../../approvals/channels/webhook.ts';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import { type ExportService, openExports } from '../../export/export-service.ts';
import { makeSink } from '../../export/make-sink.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Store } from '../../store/store.ts';
import type { DeploymentKey } from '../../targets/deployment-key.ts';
import { makeSealer } from '../../targets/sealing.ts';
import { systemSecrets } from '../../targets/secret-reader.ts';
import { resolveSecret } from '../../targets/secret-source.ts';
import type { StartConfig } from './start-config.ts';

export interface ExportParts {
  readonly store: Store;
  readonly key: DeploymentKey;
  readonly log: Pick<OpenAuditLog, 'directory' | 'sync'>;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/**
 * What leaves for other systems, from this gateway's own log. Cursors stand in the data directory. Disposing it sends
 * what is recorded by then.
 */
export async function openGatewayExports(config: StartConfig, parts: ExportParts): Promise<ExportService> {
  const { store, key, log, gateway, version, env, nowMs, onFault } = parts;
  const sealer = makeSealer(key);
  const secrets = systemSecrets(env);
  const cursors = join(config.dataDirectory, 'exports');
  const files = config.exportDirectory ?? join(cursors, 'files');
  const sending = {
    files,
    stdout: process.stdout,
    hostname: hostname(),
    version,
    http: sendExport,
    sign: signWebhook,
    nowMs,
  };
  const exports = await openExports({
    store,
    directory: log.directory,
    cursors,
    origin: gateway,
    version,
    limits: LIMITS,
    open: (sealed, boundTo) => sealer.open(sealed, boundTo),
    fetchSecret: (source) => resolveSecret(source, secrets),
    makeSink: (declaration, fetch) => makeSink(declaration, fetch, sending),
    nowMs,
    dice: Math.random,
    onFault,
  });
  return {
    ...exports,
    [Symbol.asyncDispose]: async () => {
      await lastPass(parts, exports);
      await exports[Symbol.asyncDispose]();
    },
  };
}

/** Seals what was recorded and sends it on, while nobody is served any more. A log or a receiver that is away ends nothing. */
async function lastPass({ log, onFault }: ExportParts, exports: ExportService): Promise<void> {
  const signal = AbortSignal.timeout(LIMITS.exportLastPassMs);
  try {
    await Promise.race([log.sync(), once(signal, 'abort')]);
    await exports.finish(signal);
  } catch (fault) {
    onFault(fault);
  }
}

/** As messages of channels are sent, with the time that a batch takes. */
const sendExport: typeof post = (request, signal) => post({ ...request, sendMs: LIMITS.exportSendMs }, signal);
