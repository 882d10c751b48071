import type { LogNote } from '../../audit/recorder.ts';
import type { VerifiedToken } from '../../identity/token-verifier.ts';
import { Fault } from '../../model/fault.ts';

export interface UnknownClaimsParts {
  readonly audit: { note(entry: LogNote): Promise<void> };
  readonly onFault: (fault: unknown) => void;
}

/** Each combination is told once; more than this many are no news any more. */
const MOST = 100;

/**
 * Tells the operator of claims that the adapter of an issuer does not know, once each, and notes it in the log: what they
 * are stands with the run, for an entry can never be erased. They fail nothing: an issuer that adds a claim breaks no job.
 */
export function tellUnknownClaims({ audit, onFault }: UnknownClaimsParts): (verified: VerifiedToken) => Promise<void> {
  const told = new Set<string>();
  return async ({ issuer, workload: { unknownClaims = [] } }) => {
    const names = unknownClaims.toSorted().join(', ');
    const key = `${issuer}\0${names}`;
    if (names === '' || told.has(key) || told.size >= MOST) return;
    told.add(key);
    onFault(
      new Fault('config-invalid', `the issuer ${issuer} sends claims that are not known here, and not read: ${names}`),
    );
    await audit.note({
      kind: 'operator.action',
      detail: { by: 'gateway', action: 'issuer.unknown-claims', name: issuer },
    });
  };
}
