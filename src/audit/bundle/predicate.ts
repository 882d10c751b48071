/** What a run's statement says, of its manifest, its surveys and the control plane's facts. */

import type { RunEntries } from './run-entries.ts';
import type { RunFacts } from './run-facts.ts';
import type { MadeManifest } from './run-manifest.ts';
import { RunTally } from './run-summary.ts';
import type { AgentRunPredicate } from './statement.ts';

export interface PredicateParts {
  readonly origin: string;
  readonly version: string;
  readonly entries: RunEntries;
  readonly facts: RunFacts;
  readonly made: Pick<MadeManifest, 'manifest' | 'surveys'>;
  /** Of the `run.manifest` that commits to the manifest. */
  readonly manifestIndex: number;
}

export function makePredicate(parts: PredicateParts): AgentRunPredicate {
  const { origin, version, facts, made, manifestIndex } = parts;
  const { manifest } = made;
  const { run } = facts;
  const { actor: _login, ...workload } = facts.workload;
  const summary = summaryOf(made);
  return {
    gateway: { id: origin, version },
    run: { ...manifest.run, kind: run.kind, ...(run.demo ? { demo: true } : {}) },
    workload: {
      ...workload,
      ...(run.tokenDigest === undefined ? {} : { tokenDigest: { sha256: run.tokenDigest } }),
      ...(run.jwksDigest === undefined ? {} : { jwksDigest: { sha256: run.jwksDigest } }),
      verifiedAt: run.openedAt,
    },
    agents: agentsOf(facts),
    humans: humansOf(facts),
    grants: facts.grants,
    approvals: facts.approvals,
    targets: targetsOf(made),
    policies: manifest.policies.map((digest) => ({ digest: { sha256: digest } })),
    events: eventsOf(parts),
    log: { ...manifest.log, manifestIndex },
    summary,
    coverage: coverageOf(facts, summary.maskedFields > 0),
    ...(manifest.complete ? { complete: true } : {}),
  };
}

function summaryOf({ surveys }: PredicateParts['made']) {
  const tally = new RunTally();
  for (const { summary } of surveys) tally.add(summary);
  return tally.summary();
}

/** By ids: a login is personal data, and stands where it can be erased. */
function humansOf({ workload, approvals }: RunFacts): AgentRunPredicate['humans'] {
  const actor =
    workload.actorId === undefined ? [] : [{ role: 'ciActor', id: workload.actorId, idp: workload.issuer } as const];
  const people = [...new Set(approvals.flatMap(({ approvers }) => approvers))].sort();
  return [...actor, ...people.map((id) => ({ role: 'approver', id }) as const)];
}

function targetsOf({ manifest }: PredicateParts['made']): AgentRunPredicate['targets'] {
  const targets = new Map(manifest.sessions.map(({ target, protocol }) => [target, protocol]));
  return [...targets]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, protocol]) => ({ id, protocol, credentialHeldBy: 'gateway' }));
}

function eventsOf({ entries, made: { manifest, surveys } }: PredicateParts): AgentRunPredicate['events'] {
  const times = surveys.flatMap(({ firstAt, lastAt }) => [firstAt, lastAt].filter((at) => at !== undefined)).sort();
  const [firstAt, lastAt] = [times[0], times.at(-1)];
  const sessionsRoot = entries.close?.members['sessionsRoot'];
  return {
    count: manifest.sessions.reduce((sum, { events }) => sum + events, 0),
    sessions: manifest.sessions.length,
    treeHash: 'rfc6962-sha256',
    ...(typeof sessionsRoot === 'string' ? { sessionsRoot } : {}),
    ...(firstAt === undefined ? {} : { firstAt }),
    ...(lastAt === undefined ? {} : { lastAt }),
  };
}

/** What the wrapper of `chaperone run` says of the agent, in the labels that it sends. */
function agentsOf({ asserted }: RunFacts): AgentRunPredicate['agents'] {
  if (Object.keys(asserted).length === 0) return [];
  const { agent: kind } = asserted;
  const version = asserted['agent.version'];
  const [, sha256] = /^sha256:([0-9a-f]{64})$/u.exec(asserted['agent.digest'] ?? '') ?? [];
  return [
    {
      ...(kind === undefined ? {} : { kind }),
      ...(version === undefined ? {} : { version }),
      ...(sha256 === undefined ? {} : { executableDigest: { sha256 } }),
      assurance: asserted['agent.level'] ?? 'asserted',
      labels: asserted,
    },
  ];
}

/** The gateway sees what goes through it. Whether there was another way out, only the wrapper can say. */
function coverageOf({ asserted }: RunFacts, masked: boolean): AgentRunPredicate['coverage'] {
  const { egress, isolation } = asserted;
  return {
    egress: egress === 'enforced' || egress === 'advisory' ? egress : 'unknown',
    isolation: isolation ?? 'unknown',
    ...(egress === undefined && isolation === undefined ? {} : { saidBy: 'wrapper' }),
    bodiesRecorded: masked ? 'masked' : 'full',
  };
}
