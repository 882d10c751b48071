import { createPublicKey } from 'node:crypto';
import { keyIdOf } from '../audit/bundle/dsse.ts';
import { EvidenceTickets } from './evidence-tickets.ts';
import type { ApiParts } from './open-api.ts';
import type { EvidenceServices } from './services.ts';

/** The API's side of evidence. */
export function evidenceServices({ evidence, nowMs }: Pick<ApiParts, 'evidence' | 'nowMs'>): EvidenceServices {
  const { service, config } = evidence;
  return {
    state: (run) => service.state(run),
    open: (run, options) => service.open(run, options),
    keys: () => ({
      ...service.keys,
      statementKeyId: keyIdOf(createPublicKey(service.keys.statementKey)),
      auditors: [...config.auditors],
    }),
    tickets: new EvidenceTickets(nowMs),
    bodiesForJobs: config.bodiesForJobs,
  };
}
