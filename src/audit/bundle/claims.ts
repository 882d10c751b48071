/** `identity/claims.json`: who the run was, by how far each word of it is known. */
import { canonicalJson, type Json } from '../canonical-json.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Canonical JSON. `verified`: stands in a signed claim of the token. `derived`: computed from such claims; all of it where
 * no token opened the run, for then only the gateway's own login says it. `asserted`: said by the client, checked by nobody.
 */
export function claimsJson({ workload, asserted, run }: RunFacts): string {
  const { derived: computed = [], extra = {}, ...words } = workload;
  const named = [
    ...Object.entries(words),
    ...Object.entries(extra).map(([name, value]) => [`extra.${name}`, value] as const),
  ];
  const isDerived = (name: string) => run.tokenDigest === undefined || computed.includes(name) || OURS.has(name);
  return canonicalJson({
    v: 1,
    run: run.id,
    ...(run.tokenDigest === undefined ? {} : { tokenDigest: run.tokenDigest }),
    verified: Object.fromEntries(named.filter(([name]) => !isDerived(name))) as Json,
    derived: Object.fromEntries(named.filter(([name]) => isDerived(name))) as Json,
    asserted,
  });
}

/** Words of ours about the token, none of which it holds. */
const OURS: ReadonlySet<string> = new Set(['issuerKind', 'runBinding', 'unknownClaims']);
