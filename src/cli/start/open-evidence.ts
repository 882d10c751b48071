import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceService } from '../../audit/bundle/evidence-service.ts';
import { readStatementPublicKey, STATEMENT_FILES } from '../../audit/bundle/statement-key-files.ts';
import { StatementKeyRing } from '../../audit/bundle/statement-keys.ts';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import { LIMITS } from '../../model/limits.ts';
import { sessionTerminal } from '../replay/terminal.ts';
import type { EvidenceConfig } from './evidence-config.ts';
import { type EvidenceFactsParts, evidenceFacts } from './evidence-facts.ts';
import { openSigner } from './log-config.ts';

export interface OpenEvidenceParts extends EvidenceFactsParts {
  readonly dataDirectory: string;
  readonly log: OpenAuditLog;
  readonly config: EvidenceConfig;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** What relative names of files in the configuration are beside of. */
  readonly beside: string;
  readonly onFault: (fault: unknown) => void;
}

/** The evidence of this gateway's runs: made from now on when each closes, and of those that closed before. */
export async function openEvidence(parts: OpenEvidenceParts): Promise<EvidenceService> {
  const { dataDirectory, log, gateway, config, version, onFault } = parts;
  const service = new EvidenceService({
    directory: log.directory,
    evidenceDirectory: join(dataDirectory, 'evidence'),
    log,
    origin: gateway,
    version,
    verifierKey: () => log.verifierKey,
    facts: evidenceFacts(parts),
    signer: await openStatementKeys(parts),
    ...(log.published.isWitnessed
      ? {
          witnessed: (size: number, ending: AbortSignal) =>
            log.published.witnessed(size, AbortSignal.any([ending, AbortSignal.timeout(LIMITS.witnessWaitMs)])),
        }
      : {}),
    timestampAuthorities: config.timestamps,
    auditors: config.auditors,
    terminal: (target, protocol) => (SHOWN.has(protocol) ? sessionTerminal(target) : undefined),
    random: randomBytes,
    onFault,
  });
  service.start();
  return service;
}

/** The keys of statements, wherever they are. Rejects where one that is configured anew cannot be asked which it is. */
async function openStatementKeys({ log, config, env, beside }: OpenEvidenceParts): Promise<StatementKeyRing> {
  const keys = join(log.directory, 'keys');
  if (config.key === undefined) return new StatementKeyRing(keys);
  // With a key in a file the one that is configured takes its place, and must be seen for that.
  const isLocal = existsSync(join(keys, STATEMENT_FILES.key));
  const known = isLocal ? undefined : readStatementPublicKey(join(keys, STATEMENT_FILES.public));
  const signal = AbortSignal.timeout(LIMITS.signerDeadlineMs);
  return new StatementKeyRing(keys, { signer: await openSigner(config.key, { env, beside, fetch, signal, known }) });
}

/** Protocols whose sessions a terminal shows. */
const SHOWN: ReadonlySet<string> = new Set(['postgres', 'http', 'kubernetes']);
