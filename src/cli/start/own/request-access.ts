import { stateAt } from '../../../approvals/filed-approval.ts';
import { grantOf, principalOf } from '../../../grants/grant-records.ts';
import type { RequestableTarget } from '../../../identity/requestable.ts';
import type { TargetName } from '../../../model/ids.ts';
import { Refused } from '../../../model/refusal.ts';
import type { JsonObject } from '../../../protocols/mcp/federation/lossless-json.ts';
import type { Answered, Asker, OwnQuery } from '../../../protocols/mcp/own/own-tools.ts';
import { type ApprovalRow, findApproval } from '../../../store/approval-rows.ts';
import { findGrant } from '../../../store/grant-rows.ts';
import type { Control } from '../open-control.ts';
import { reachText } from './reach-text.ts';

export type RequestParts = Pick<Control, 'store' | 'trust' | 'approvals' | 'targets' | 'nowMs' | 'web'>;

/** Runs a query in a session that only asks people for it: nothing is executed, whatever the policy says. */
export type AskInSession = (asker: Asker, query: OwnQuery) => Promise<Answered>;

/** Asks people for one exact statement or request; the same one passes once by `query` after they approved it. */
export async function askForStatement(
  asker: Asker,
  query: OwnQuery,
  ask: AskInSession,
  parts: RequestParts,
): Promise<Answered> {
  const asked = await ask(asker, query);
  if (asked.kind === 'data') return { kind: 'refused', why: 'nobody was asked, and nothing is known of the answer' };
  if (asked.data?.['code'] !== 'approval-pending') return asked;
  const [id = ''] = /\bapr_[0-9a-z]{26}\b/.exec(asked.why) ?? [];
  const told = await showApproval(asker, id, parts);
  if (told.kind === 'refused') return asked;
  const next = `Nothing was executed. Once it is approved, the same call of query passes once.`;
  return { kind: 'data', data: { ...told.data, next } };
}

/** Asks people to let the run into a target that its grant does not hold, where a trust rule says that it may ask. */
export async function askForTarget(
  asker: Asker,
  { target: name, because }: { readonly target: string; readonly because: string },
  parts: RequestParts,
): Promise<Answered> {
  const { store, approvals, targets, nowMs } = parts;
  const found = await findGrant(store, asker.grant);
  const grant = found && grantOf(found.grant, new Date(nowMs()).toISOString());
  if (found === undefined || grant === undefined) return { kind: 'refused', why: 'the grant is over' };
  if (grant.resource !== undefined) return { kind: 'refused', why: 'the grant is good at one place alone' };
  if (grant.targets.some((one) => one === name)) {
    return { kind: 'refused', why: `this run may enter ${name} already: name a statement to ask for that` };
  }
  const may = (await requestableBy(asker, parts)).find(({ target }) => target === name);
  const target = targets.get(name);
  // What may not be asked for is as what is not there.
  if (may === undefined || target === undefined) {
    return { kind: 'refused', why: `there is no target of the name ${name} that this run may ask for` };
  }
  const principal = principalOf(found.run, grant);
  const { forMs, ...whose } = may;
  const times = forMs === undefined ? {} : { forMs };
  try {
    const { approval } = await approvals.askAccess({
      session: asker.session,
      principal,
      because,
      ...whose,
      target,
      ...times,
    });
    const next = `Once it is approved, list_targets has the target; ask \`approval\` how it stands. ${reachText(target)}`;
    const told = await showApproval(asker, approval.id, parts);
    return told.kind === 'refused' ? told : { kind: 'data', data: { ...told.data, next } };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { code, message } = cause.refusal;
    return { kind: 'refused', why: message, data: { code } };
  }
}

/** How an approval of the asker's own run stands. */
export async function showApproval({ run }: Asker, id: string, parts: RequestParts): Promise<Answered> {
  const { store, nowMs, web, targets } = parts;
  const row = await store.read((db) => findApproval(db, id));
  // Another run's is told as one that is not there.
  if (row === undefined || row.run_id !== run) return { kind: 'refused', why: 'this run has no such approval' };
  const facts = approvalFacts(row, nowMs());
  const target = facts['state'] === 'given' ? targets.get(row.target) : undefined;
  const reach = target === undefined ? {} : { reach: reachText(target) };
  return { kind: 'data', data: { ...facts, ...reach, approvalUrl: `${web.url}/approvals/${row.id}` } };
}

/** What an agent is told of an approval. */
export function approvalFacts(row: ApprovalRow, nowMs: number): JsonObject {
  const { id, kind, target, used_at: usedAt, reason, usable_until: usableUntil } = row;
  const state = stateAt(row, new Date(nowMs).toISOString());
  return {
    approval: id,
    kind,
    target,
    state: usedAt === null ? state : kind === 'access' ? 'given' : 'used',
    groups: (JSON.parse(row.obligations) as readonly { readonly group: string }[]).map(({ group }) => group),
    ...(row.exchange === 0 ? {} : { session: row.session, exchange: row.exchange }),
    expiresAt: row.expires_at,
    ...(usableUntil === null ? {} : { usableUntil }),
    ...(reason === null ? {} : { reason }),
  };
}

/** The targets that the asker's run may ask people for. */
export async function requestableBy(
  asker: Asker,
  { store, trust, nowMs }: Pick<RequestParts, 'store' | 'trust' | 'nowMs'>,
): Promise<readonly RequestableTarget[]> {
  const found = await findGrant(store, asker.grant);
  if (found === undefined) return [];
  const grant = grantOf(found.grant, new Date(nowMs()).toISOString());
  const rules = JSON.parse(found.grant.rules) as readonly string[];
  const { kind, workload } = principalOf(found.run, grant).run;
  const held = new Set<TargetName>(grant.targets);
  return trust.requestable({ kind, workload, rules }).filter(({ target }) => !held.has(target));
}
