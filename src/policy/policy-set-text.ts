import { canonicalJson } from './canonical-json.ts';
import { parsePolicies } from './parse-policies.ts';
import type { Policy } from './policy.ts';

/** The canonical JSON (RFC 8785) of a set of policies; SHA-256 of it is the digest that stands in its decisions. */
export function policySetText(policies: readonly Policy[]): string {
  return canonicalJson([...policies].sort((one, other) => (one.name < other.name ? -1 : 1)));
}

/** The same of a set that an older release archived as YAML; undefined where this release reads it no more. */
export function archivedSetText(archived: string): string | undefined {
  if (archived.startsWith('[')) return archived;
  const { policies, problems } = parsePolicies([{ path: 'an archived policy set', text: archived }]);
  return problems.length === 0 ? policySetText(policies) : undefined;
}
