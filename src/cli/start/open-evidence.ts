import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openStatementSigner } from '../../audit/bundle/dsse.ts';
import { EvidenceService } from '../../audit/bundle/evidence-service.ts';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import { LIMITS } from '../../model/limits.ts';
import { sqlTerminal } from '../replay/terminal.ts';
import type { EvidenceConfig } from './evidence-config.ts';
import { type EvidenceFactsParts, evidenceFacts } from './evidence-facts.ts';

export interface OpenEvidenceParts extends EvidenceFactsParts {
  readonly dataDirectory: string;
  readonly log: OpenAuditLog;
  readonly config: EvidenceConfig;
  readonly version: string;
  readonly onFault: (fault: unknown) => void;
}

/** The evidence of this gateway's runs: made from now on when each closes, and of those that closed before. */
export function openEvidence(parts: OpenEvidenceParts): EvidenceService {
  const { dataDirectory, log, gateway, config, version, onFault } = parts;
  const service = new EvidenceService({
    directory: log.directory,
    evidenceDirectory: join(dataDirectory, 'evidence'),
    log,
    origin: gateway,
    version,
    // The log's key may change while the gateway runs.
    get verifierKey() {
      return log.verifierKey;
    },
    facts: evidenceFacts(parts),
    signer: openStatementSigner(join(log.directory, 'keys')),
    ...(log.published.isWitnessed
      ? {
          witnessed: (size: number, ending: AbortSignal) =>
            log.published.witnessed(size, AbortSignal.any([ending, AbortSignal.timeout(LIMITS.witnessWaitMs)])),
        }
      : {}),
    timestampAuthorities: config.timestamps,
    auditors: config.auditors,
    terminal: (target, protocol) => (protocol === 'postgres' ? sqlTerminal(target) : undefined),
    random: randomBytes,
    onFault,
  });
  service.start();
  return service;
}
