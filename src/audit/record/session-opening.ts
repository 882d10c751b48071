/**
 * What the first event of a session says. In clear: what an auditor searches by, and nothing about a person. In its
 * body, which is encrypted and erasable: all of it.
 */
import { canonicalJson, type Json } from '../canonical-json.ts';
import type { SessionOpening } from '../recorder.ts';

export function openingJson(opening: SessionOpening): { inClear: string; body: string } {
  const { principal, target } = opening;
  const { run, grant } = principal;
  const { workload } = run;
  const { name, protocol, address, database, tls, labels, recordMode, storedReplyBytes } = target;
  const inClear = canonicalJson({
    carrier: opening.carrier,
    demo: run.demo,
    grant: { expiresAt: grant.expiresAt, id: grant.id, keyThumbprint: grant.keyThumbprint, rule: grant.rule },
    principal: { id: principal.id, kind: principal.kind },
    recordMode,
    storedReplyBytes: String(storedReplyBytes),
    target: { database, name, protocol, tls: tls.mode },
    workload: {
      buildConfigUri: workload.buildConfigUri,
      issuer: workload.issuer,
      issuerKind: workload.issuerKind,
      runAttempt: workload.runAttempt,
      runBinding: workload.runBinding,
      runId: workload.runId,
      runInvocationUri: workload.runInvocationUri,
      sourceDigest: workload.sourceDigest,
      sourceRef: workload.sourceRef,
      sourceRepositoryId: workload.sourceRepositoryId,
      sourceRepositoryUri: workload.sourceRepositoryUri,
      workloadId: workload.workloadId,
    },
  });
  const { id, kind, display } = principal;
  const body = canonicalJson({
    asserted: opening.asserted,
    client: opening.client,
    principal: { display, grant, id, kind, run } as unknown as Json,
    target: { address, database, labels, name, protocol },
  });
  return { inClear, body };
}
