import type { FactSource, RunFacts } from '../../audit/bundle/run-facts.ts';
import type { StatedApproval, StatedGrant } from '../../audit/bundle/statement.ts';
import type { KeptTokens } from '../../grants/kept-tokens.ts';
import type { RunId } from '../../model/ids.ts';
import { archivedSetText } from '../../policy/policy-set-text.ts';
import { listApprovals } from '../../store/approval-lists.ts';
import { type ApprovalRow, type VoteRow, votesOf } from '../../store/approval-rows.ts';
import { findPolicySet } from '../../store/configuration-rows.ts';
import { type FoundGrant, listGrants, type RunRow } from '../../store/grant-rows.ts';
import { findRun } from '../../store/run-rows.ts';
import { listSessions, type SessionRow } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';

export interface EvidenceFactsParts {
  readonly store: Store;
  readonly tokens: KeptTokens;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly nowMs: () => number;
}

/** What the store knows of runs, for their evidence. */
export function evidenceFacts(parts: EvidenceFactsParts): FactSource {
  return {
    facts: async (run) => {
      const row = await findRun(parts.store, run);
      return row && factsOf(row, parts);
    },
    policy: async (digest) => {
      const set = await findPolicySet(parts.store, digest);
      return set && archivedSetText(set.text);
    },
  };
}

async function factsOf(row: RunRow, { store, tokens, gateway, nowMs }: EvidenceFactsParts): Promise<RunFacts> {
  const run = row.id;
  const [identity, grants, approvals, sessions] = await Promise.all([
    tokens.open(run as RunId),
    listGrants(store, { run, limit: MOST_GRANTS }),
    pages((before) => listApprovals(store, { run, now: new Date(nowMs()).toISOString(), limit: PAGE, ...before })),
    pages((before) => listSessions(store, { run, limit: PAGE, ...before })),
  ]);
  const votes = await votesFor(store, approvals);
  return {
    run: runOf(row),
    workload: JSON.parse(row.workload) as RunFacts['workload'],
    asserted: JSON.parse(row.asserted) as RunFacts['asserted'],
    ...(identity?.token === undefined ? {} : { token: identity.token }),
    ...(identity?.jwks === undefined ? {} : { jwks: identity.jwks }),
    grants: grants.map(statedGrant).toReversed(),
    // What gave the run a target is in `grants`, and by its entries of the log.
    approvals: approvals
      .filter(({ kind }) => kind === 'request')
      .map((approval) => statedApproval(approval, votes.get(approval.id) ?? []))
      .toReversed(),
    elsewhere: elsewhere(sessions, gateway),
  };
}

const PAGE = 500;
/** A run has one grant; more are there only where it was exchanged by releases to come. */
const MOST_GRANTS = 1_000;

/** All rows, newest first, a page at a time. */
async function pages<Row extends { readonly id: string }>(
  read: (before: { readonly before?: string }) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const page = await read(last === undefined ? {} : { before: last.id });
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}

function runOf(row: RunRow): RunFacts['run'] {
  return {
    id: row.id,
    kind: row.kind,
    demo: row.demo === 1,
    openedAt: row.opened_at,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    ...(row.termination === null ? {} : { termination: row.termination }),
    ...(row.token_digest === null ? {} : { tokenDigest: row.token_digest }),
    ...(row.jwks_digest === null ? {} : { jwksDigest: row.jwks_digest }),
  };
}

function statedGrant(row: FoundGrant): StatedGrant {
  const given = row.given.map(({ target }) => target);
  return {
    id: row.id,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    ...(row.key_thumbprint === null ? {} : { confirmation: { jkt: row.key_thumbprint } }),
    scope: [...new Set([...(JSON.parse(row.targets) as readonly string[]), ...given])],
    rules: JSON.parse(row.rules) as readonly string[],
  };
}

async function votesFor(store: Store, approvals: readonly ApprovalRow[]): Promise<ReadonlyMap<string, VoteRow[]>> {
  const votes = new Map<string, VoteRow[]>();
  for (let at = 0; at < approvals.length; at += PAGE) {
    const ids = approvals.slice(at, at + PAGE).map(({ id }) => id);
    for (const vote of await store.read((db) => votesOf(db, ids))) {
      votes.set(vote.approval, [...(votes.get(vote.approval) ?? []), vote]);
    }
  }
  return votes;
}

/** People by their ids alone. */
function statedApproval(row: ApprovalRow, votes: readonly VoteRow[]): StatedApproval {
  return {
    id: row.id,
    requestDigest: { sha256: row.digest },
    decision: row.state,
    requestedAt: row.requested_at,
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.used_at === null ? {} : { usedAt: row.used_at }),
    approvers: votes.map(({ person }) => person).sort(),
  };
}

function elsewhere(sessions: readonly SessionRow[], own: string): RunFacts['elsewhere'] {
  return sessions
    .filter(({ gateway }) => gateway !== null && gateway !== own)
    .map(({ id, gateway }) => ({ session: id, gateway: gateway ?? '' }))
    .toReversed();
}
