import { gatewaySources } from '../audit/pack/pack-sources.ts';
import { EvidenceTickets } from './evidence-tickets.ts';
import type { ApiParts } from './open-api.ts';
import type { EvidenceServices } from './services.ts';

/** The API's side of evidence. */
export function evidenceServices({
  evidence,
  log,
  nowMs,
}: Pick<ApiParts, 'evidence' | 'log' | 'nowMs'>): EvidenceServices {
  const { service, config } = evidence;
  return {
    state: (run) => service.state(run),
    open: (run, options) => service.open(run, options),
    rotate: (by) => service.rotate(by),
    keys: () => {
      const { current, old, place, fault } = service.statementKeys;
      return {
        ...service.keys,
        statementKeyId: current.keyId,
        statementSigning: { place, ...(fault === undefined ? {} : { fault: fault.message }) },
        oldStatementKeys: [...old],
        auditors: [...config.auditors],
      };
    },
    packSources: (withholds) => gatewaySources({ log, evidence: service, ...service.keeping, withholds, nowMs }),
    tickets: new EvidenceTickets(nowMs),
    bodiesForJobs: config.bodiesForJobs,
  };
}
