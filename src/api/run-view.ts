import { type CheckedClaim, claimsOf } from '../identity/check-trust.ts';
import type { Workload } from '../model/principal.ts';
import type { RunReference } from '../model/run-reference.ts';
import type { RunRow } from '../store/grant-rows.ts';

export function runReference(row: RunRow): RunReference {
  const workload = JSON.parse(row.workload) as Workload;
  const asserted = JSON.parse(row.asserted) as Readonly<Record<string, string>>;
  return {
    id: row.id,
    display: row.display,
    demo: row.demo === 1,
    ...present({
      repository: workload.sourceRepositoryUri ?? workload.sourceRepositoryId,
      ref: workload.sourceRef,
      commit: workload.sourceDigest,
      workflow: workload.buildConfigUri,
      url: jobUrl(workload),
      actor: workload.actor,
      agent: asserted['agent'],
    }),
  };
}

/** A run that the store does not know any more. */
export function unknownRun(id: string, display: string): RunReference {
  return { id, display, demo: false };
}

/** The job's page, where it is one that a person can be sent to: https, and on the CI system's own host. */
export function jobUrl({
  runInvocationUri,
  issuer,
}: Pick<Workload, 'runInvocationUri' | 'issuer'>): string | undefined {
  const page = URL.parse(runInvocationUri ?? '');
  const host = URL.parse(issuer)?.host;
  if (page === null || host === undefined || page.protocol !== 'https:' || page.username !== '') return undefined;
  return page.host === webHost(host) ? page.href : undefined;
}

/** Where people meet the CI system whose tokens come from this host. */
function webHost(issuer: string): string {
  return WEB_HOSTS.get(issuer) ?? issuer.replace(/^token\.actions\./, '');
}

const WEB_HOSTS = new Map([
  ['token.actions.githubusercontent.com', 'github.com'],
  ['oidc.circleci.com', 'app.circleci.com'],
  ['agent.buildkite.com', 'buildkite.com'],
  ['vstoken.dev.azure.com', 'dev.azure.com'],
]);

/** Everything that verified claims say, by name, for people. */
export function workloadPairs(row: RunRow): readonly CheckedClaim[] {
  return claimsOf(JSON.parse(row.workload) as Workload);
}

export function present<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}
