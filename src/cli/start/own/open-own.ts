import type { GrantId } from '../../../model/ids.ts';
import { LIMITS } from '../../../model/limits.ts';
import { OWN_TARGET } from '../../../model/own-target.ts';
import { Refused } from '../../../model/refusal.ts';
import type { Target } from '../../../model/target.ts';
import type { Answered, Asker, OwnQuery, OwnServices } from '../../../protocols/mcp/own/own-tools.ts';
import { listApprovals } from '../../../store/approval-lists.ts';
import { listSessions } from '../../../store/session-rows.ts';
import type { Control } from '../open-control.ts';
import type { OpenPorts } from '../open-sides.ts';
import { type ExplainParts, explainStatement } from './explain-statement.ts';
import { runHttp } from './http-query.ts';
import { type RecordedRefusalsParts, refusalIn } from './recorded-refusals.ts';
import {
  approvalFacts,
  askForStatement,
  askForTarget,
  type RequestParts,
  requestableBy,
  showApproval,
} from './request-access.ts';
import { runSql } from './sql-query.ts';
import { openWay } from './way-in.ts';

/** The ways in, which are there only once what stands on them is: nobody is let in before. */
export class LateCarriers {
  #carriers: OpenPorts['carriers'] = () => undefined;

  open({ carriers }: Pick<OpenPorts, 'carriers'>): void {
    this.#carriers = carriers;
  }

  readonly of: OpenPorts['carriers'] = (protocol) => this.#carriers(protocol);
}

export interface OwnParts extends ExplainParts, RecordedRefusalsParts, RequestParts, Pick<Control, 'budgets'> {
  readonly way: LateCarriers;
}

/** What the gateway's own MCP server does. Each answers of the asker's own run, and of no other. */
export function openOwn(parts: OwnParts): OwnServices {
  return {
    listTargets: (asker) => whileHeld(asker, parts, (grant) => listTargets(asker, grant, parts)),
    query: (asker, query, signal) => whileHeld(asker, parts, () => runQuery(asker, query, parts, { signal })),
    requestStatement: (asker, query, signal) =>
      whileHeld(asker, parts, () => {
        const ask = (who: Asker, what: OwnQuery) => runQuery(who, what, parts, { signal, askOnly: true });
        return askForStatement(asker, query, ask, parts);
      }),
    requestTarget: (asker, asked) => whileHeld(asker, parts, () => askForTarget(asker, asked, parts)),
    approval: (asker, id) => whileHeld(asker, parts, () => showApproval(asker, id, parts)),
    explain: (asker, { target, sql, ...place }) =>
      whileHeld(asker, parts, () => {
        if (target !== undefined && sql !== undefined) return explainStatement(asker, { target, sql }, parts);
        return refusalIn(asker.run, place, parts);
      }),
    run: (asker) => whileHeld(asker, parts, (grant) => showRun(asker, grant, parts)),
  };
}

interface Held {
  readonly id: GrantId;
  readonly targets: readonly string[];
  readonly expiresAt: string;
}

/** A grant may have ended while its session had not heard of it. */
async function whileHeld(
  { grant: id }: Asker,
  { grants }: OwnParts,
  work: (grant: Held) => Promise<Answered>,
): Promise<Answered> {
  const grant = await grants.current(id);
  return grant === undefined ? refused('the grant is over') : work(grant);
}

async function listTargets(asker: Asker, { targets: names, expiresAt }: Held, parts: OwnParts): Promise<Answered> {
  const { targets } = parts;
  const declared = names.flatMap((name) => targets.get(name) ?? []);
  const told = [...declared, OWN_TARGET].map(({ name, protocol, labels }) => ({ name, protocol, labels }));
  const askable = (await requestableBy(asker, parts)).flatMap(({ target, obligations }) => {
    const known = targets.get(target);
    const groups = obligations.map(({ group }) => group);
    return known === undefined ? [] : [{ name: known.name, protocol: known.protocol, labels: known.labels, groups }];
  });
  return { kind: 'data', data: { targets: told, mayAskFor: askable, grantExpiresAt: expiresAt } };
}

interface Asking {
  readonly signal: AbortSignal;
  /** True where people are asked for it, and it does not run. */
  readonly askOnly?: boolean;
}

async function runQuery(
  asker: Asker,
  query: OwnQuery,
  parts: OwnParts,
  { signal, askOnly = false }: Asking,
): Promise<Answered> {
  const { grants, targets, way } = parts;
  const grant = await grants.current(asker.grant);
  // Whoever may not enter a target does not learn whether it is there.
  const target = grant?.targets.some((name) => name === query.target) ? targets.get(query.target) : undefined;
  if (target === undefined) return refused(`the grant of this run is for no target of the name ${query.target}`);
  const misfit = misfitOf(target, query);
  if (misfit !== undefined) return refused(misfit);
  try {
    using open = await openWay(target, asker, { grants, carriers: way.of, askOnly });
    if (query.http !== undefined) return await runHttp(open, query.http, target.name, signal);
    return await runSql(open, query.sql ?? '', target.name, signal);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { code, message } = cause.refusal;
    return { ...refused(message), data: { code } };
  }
}

function misfitOf({ name, protocol }: Target, { sql }: OwnQuery): string | undefined {
  if (protocol === 'mcp') return `${name} is an MCP server: call its own tools`;
  if ((protocol === 'http') === (sql === undefined)) return undefined;
  return protocol === 'http' ? `${name} takes requests: give \`http\`` : `${name} is a database: give \`sql\``;
}

async function showRun({ run }: Asker, { expiresAt }: Held, { store, budgets, nowMs }: OwnParts): Promise<Answered> {
  const limit = LIMITS.ownListed;
  const now = new Date(nowMs()).toISOString();
  const [sessions, approvals, counters] = await Promise.all([
    listSessions(store, { run, limit }),
    listApprovals(store, { run, limit, now }),
    budgets.list({ run, limit }),
  ]);
  const data = {
    run,
    grantExpiresAt: expiresAt,
    sessions: sessions.map(({ id, target, opened_at, closed_at, permitted, denied, masked }) => {
      return { id, target, openedAt: opened_at, closedAt: closed_at, permitted, denied, masked };
    }),
    approvals: approvals.map((row) => approvalFacts(row, nowMs())),
    budgets: counters.map(({ rule, measure, spent, most, granted }) => ({ rule, measure, spent, most, granted })),
  };
  return { kind: 'data', data };
}

function refused(why: string): Answered {
  return { kind: 'refused', why };
}
