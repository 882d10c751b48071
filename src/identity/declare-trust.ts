import { LIMITS } from '../model/limits.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import type { Issuer } from './issuer.ts';
import { isPeopleRule, type PeopleRule } from './people-rule.ts';
import type { Requestable } from './requestable.ts';
import type { TrustRule } from './trust-rule.ts';

/** An issuer as somebody would declare it: `loadIssuers` makes the same of it. What is the default is left out. */
export function declareIssuer({ name, kind, url, keys, claims, demo, ...rest }: Issuer): object {
  const { algorithms, maxAgeSeconds, maxLifetimeSeconds, trustDomain, tokenReview } = rest;
  const adapter = adapterFor(kind);
  const isPlain = new URL(url).protocol === 'http:' || (keys.from === 'url' && new URL(keys.url).protocol === 'http:');
  return {
    name,
    kind,
    issuer: url,
    ...(algorithms.join() === adapter.algorithms.join() ? {} : { algorithms }),
    ...(maxAgeSeconds === adapter.maxAgeSeconds ? {} : { maxAgeSeconds }),
    ...(maxLifetimeSeconds === LIMITS.tokenMaxLifetimeSeconds ? {} : { maxLifetimeSeconds }),
    ...keysOf(keys, adapter.keyHosts ?? []),
    ...(trustDomain === undefined ? {} : { trustDomain }),
    ...(tokenReview === undefined ? {} : { tokenReview }),
    ...(Object.keys(claims.vocabulary).length > 0 ? { claims: claims.vocabulary } : {}),
    ...(Object.keys(claims.extra).length > 0 ? { extra: claims.extra } : {}),
    ...(isPlain ? { insecureLoopback: true } : {}),
    ...(demo ? { demo } : {}),
  };
}

function keysOf(keys: Issuer['keys'], usual: readonly string[]): object {
  switch (keys.from) {
    case 'declaration':
      return { jwks: keys.jwks };
    case 'url':
      return { jwksUri: keys.url };
    case 'discovery':
      return keys.hosts.join() === usual.join() ? {} : { keyHosts: keys.hosts };
    default:
      return keys satisfies never;
  }
}

/** A rule as somebody would declare it: `loadTrustRules` makes the same of it. */
export function declareTrustRule(rule: TrustRule | PeopleRule): object {
  const { name, targets, lifetimeSeconds, renewableSeconds } = rule;
  const grant = {
    ...(lifetimeSeconds === LIMITS.grantMaxSeconds ? {} : { seconds: lifetimeSeconds }),
    ...(renewableSeconds === LIMITS.grantRenewableSeconds ? {} : { renewableSeconds }),
  };
  const asked = rule.requestable === undefined ? {} : { requestable: rule.requestable.map(declareRequestable) };
  const times = { ...asked, ...(Object.keys(grant).length > 0 ? { grant } : {}) };
  if (isPeopleRule(rule)) return { name, people: rule.people, targets, ...times };
  const { issuer, about, claims, allow } = rule;
  const shown = Object.entries(claims).map(([field, values]) => [field, values.length === 1 ? values[0] : values]);
  return {
    name,
    issuer,
    ...(about === undefined ? {} : { about }),
    claims: Object.fromEntries(shown) as object,
    ...(allow.length > 0 ? { allow } : {}),
    targets,
    ...times,
  };
}

function declareRequestable({ targets, approve, forMs }: Requestable): object {
  const { group, quorum, withinMs, allowActor, showText } = approve;
  const asked = {
    group,
    ...(quorum === 1 ? {} : { quorum }),
    within: durationOf(withinMs),
    ...(allowActor ? { allowActor } : {}),
    ...(showText ? { showText } : {}),
  };
  return { targets, approve: asked, ...(forMs === undefined ? {} : { for: durationOf(forMs) }) };
}

/** As a declaration writes it: `30m`. */
function durationOf(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
