import type { Workload } from '../model/principal.ts';
import { readDeclarations } from '../store/configuration-rows.ts';
import { isConsumed } from '../store/grant-rows.ts';
import { archiveJwks } from '../store/jwks-rows.ts';
import { reloadOn } from '../store/reload-on.ts';
import type { Store } from '../store/store.ts';
import type { Issuer } from './issuer.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { isJobRule, isPeopleRule, matchPeople, type PeopleRule } from './people-rule.ts';
import { type RequestableTarget, requestableOf } from './requestable.ts';
import { makeTokenReview } from './review-token.ts';
import { makeTokenVerifier, type TokenVerifier } from './token-verifier.ts';
import { matchesRule, matchTrust, type TrustOutcome, type TrustRule, type TrustSubject } from './trust-rule.ts';

/** The issuers and trust rules in force, and what follows from them. */
export interface TrustDirectory extends Disposable, TokenVerifier {
  issuers(): readonly Issuer[];
  /** Those for jobs. */
  rules(): readonly TrustRule[];
  /** Whether a token of this replay key was exchanged before. */
  wasUsed(replayKey: string): Promise<boolean>;
  /** Throws `TrustRefused`. */
  trust(subject: TrustSubject): TrustOutcome;
  /** What a person of these groups may enter. Throws `Refused`. */
  trustPeople(groups: readonly string[]): TrustOutcome;
  /** What a run may ask people for: of the rules that gave its grant, and that would still. */
  requestable(run: TrustedRun): readonly RequestableTarget[];
  /** Reads the configuration again; called when the store says that it changed. */
  reload(): Promise<void>;
}

/** A run by what its grant was given for. */
export interface TrustedRun {
  readonly kind: 'ci' | 'human';
  readonly workload: Workload;
  /** The names of the rules. */
  readonly rules: readonly string[];
}

export interface TrustDirectoryOptions {
  readonly store: Store;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Reads the credential for a cluster's TokenReview; without it, issuers that want one let nobody in. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Told when a changed configuration cannot be read; the one before stays in force. */
  readonly onFault: (cause: unknown) => void;
}

/** Reads issuers and rules from the store, and again whenever they change. */
export async function openTrustDirectory(options: TrustDirectoryOptions): Promise<TrustDirectory> {
  const { store, audience, now, readFile } = options;
  let issuers: readonly Issuer[] = [];
  let rules: readonly TrustRule[] = [];
  let peopleRules: readonly PeopleRule[] = [];
  const keys = new IssuerKeys({
    now,
    archive: (issuer, { digest, document }) =>
      archiveJwks(store, { digest, document, issuer: issuer.url, now: new Date(now()).toISOString() }),
  });
  const review = readFile && makeTokenReview({ audience, readFile });
  const verifier = makeTokenVerifier({ issuers: () => issuers, audience, keys, now, ...(review ? { review } : {}) });
  const reload = async () => {
    const read = await readDeclarations(store);
    issuers = read.issuers.map(({ declaration }) => JSON.parse(declaration) as Issuer);
    const all = read.trustRules.map(({ declaration }) => JSON.parse(declaration) as TrustRule | PeopleRule);
    rules = all.filter((rule) => isJobRule(rule));
    peopleRules = all.filter((rule) => isPeopleRule(rule));
  };
  const unwatch = reloadOn(store, 'configuration', reload, options.onFault);
  await reload();
  return {
    issuers: () => issuers,
    rules: () => rules,
    verify: verifier.verify,
    wasUsed: (replayKey) => isConsumed(store, replayKey),
    trust: (subject) => matchTrust(subject, rules),
    trustPeople: (groups) => matchPeople(groups, peopleRules),
    requestable: ({ kind, workload, rules: names }) => {
      if (kind === 'human') return requestableOf(peopleRules.filter(({ name }) => names.includes(name)));
      const here = issuers.filter(({ url }) => url === workload.issuer).map(({ name }) => name);
      const isOf = (rule: TrustRule): boolean => here.some((issuer) => matchesRule({ workload, issuer }, rule));
      return requestableOf(rules.filter((rule) => names.includes(rule.name) && isOf(rule)));
    },
    reload,
    [Symbol.dispose]: unwatch,
  };
}
