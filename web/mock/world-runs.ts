import type { RunSummary, SessionView, StatementView } from '../src/api/types.ts';
import { ago, dice, HOUR, MINUTE, mockId } from './world.ts';

const REPOSITORIES = ['acme/shop', 'acme/shop', 'acme/billing', 'acme/warehouse', 'acme/data-models'];
const WORKFLOWS = ['fix-failing-test', 'weekly-report', 'migrate-schema', 'triage-issue'];
const AGENTS = ['claude-code 2.1', 'codex 0.48', 'aider 0.86'];
const STATEMENTS: readonly Pick<StatementView, 'text' | 'kinds' | 'tables' | 'decision' | 'rules'>[] = [
  {
    text: "SELECT id, status, total FROM orders WHERE created_at > now() - interval '1 day' ORDER BY id LIMIT 50",
    kinds: ['select'],
    tables: ['public.orders'],
    decision: 'permit',
    rules: ['read-anything'],
  },
  {
    text: 'SELECT email, country FROM customers WHERE id = $1',
    kinds: ['select'],
    tables: ['public.customers'],
    decision: 'permit',
    rules: ['read-anything'],
  },
  {
    text: "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
    kinds: ['select'],
    tables: ['information_schema.columns'],
    decision: 'permit',
    rules: ['read-anything'],
  },
  {
    text: "UPDATE orders SET status = 'cancelled' WHERE id = 4711",
    kinds: ['update'],
    tables: ['public.orders'],
    decision: 'permit',
    rules: ['small-writes'],
  },
  {
    text: 'DROP TABLE customers',
    kinds: ['drop'],
    tables: ['public.customers'],
    decision: 'deny',
    rules: ['never-drop'],
  },
  {
    text: 'EXPLAIN ANALYZE SELECT * FROM order_items',
    kinds: ['explain'],
    tables: ['public.order_items'],
    decision: 'permit',
    rules: ['read-anything'],
  },
];

/** Two weeks of runs, the newest first: a few live, most long closed. */
export function makeRuns(now: number) {
  const roll = dice(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(roll() * list.length)] as T;
  const runs: RunSummary[] = [];
  const sessions: SessionView[] = [];
  const statements: StatementView[] = [];
  for (let index = 0; index < 140; index++) {
    const openedMs = index < 3 ? (index + 1) * 3 * MINUTE : index * 1.9 * HOUR * (0.8 + roll() * 0.4);
    const repository = pick(REPOSITORIES);
    const run = runOf(now, index, openedMs, repository, pick(WORKFLOWS), pick(AGENTS));
    runs.push(run);
    for (let each = 0; each < 1 + Math.floor(roll() * 3); each++) {
      const session = sessionOf(now, sessions.length, run, openedMs - each * 20_000);
      sessions.push(session);
      run.sessions += 1;
      for (let number = 1; number <= 3 + Math.floor(roll() * 12); number++) {
        const made = pick(roll() < 0.9 ? STATEMENTS.slice(0, 4) : STATEMENTS);
        const masked =
          made.tables.includes('public.customers') && made.decision === 'permit' ? Math.ceil(roll() * 9) : 0;
        statements.push({
          session: session.id,
          exchange: number,
          at: ago(now, openedMs - each * 20_000 - number * 1400),
          run: run.id,
          principal: session.principal,
          repository,
          target: session.target,
          ...made,
          ...(made.decision === 'permit' ? { status: 'ok', rows: Math.ceil(roll() * 50) } : { status: 'refused' }),
          ...(masked > 0 && { masked }),
        });
        session.masked += masked;
        session[made.decision === 'permit' ? 'permitted' : 'denied'] += 1;
      }
      run.permitted += session.permitted;
      run.denied += session.denied;
      run.masked += session.masked;
    }
  }
  return { runs, sessions, statements };
}

function runOf(
  now: number,
  index: number,
  openedMs: number,
  repository: string,
  workflow: string,
  agent: string,
): RunSummary {
  const isLive = index < 3;
  const number = 19_284_330_000 - index * 7919;
  return {
    id: mockId('run', index),
    display: `${repository} · ${workflow} #${1841 - index}`,
    repository,
    ref: index % 3 === 0 ? 'refs/heads/main' : `refs/pull/${900 - index}/merge`,
    commit: (0x9f3c1d4e7a0 + index * 0x1f3d5b79).toString(16).padStart(40, 'a7c3e9'),
    workflow,
    url: `https://github.com/${repository}/actions/runs/${number}`,
    actor: index % 4 === 0 ? 'ada' : 'renovate[bot]',
    agent,
    demo: false,
    kind: 'ci',
    openedAt: ago(now, openedMs),
    ...(!isLive && { closedAt: ago(now, openedMs - 4 * MINUTE), termination: 'completed' }),
    sessions: 0,
    permitted: 0,
    denied: 0,
    masked: 0,
    approvals: 0,
  };
}

function sessionOf(now: number, index: number, run: RunSummary, openedMs: number): SessionView {
  const isLive = run.closedAt === undefined;
  return {
    id: mockId('ses', index),
    run: run.id,
    principal: run.display,
    ...(run.repository !== undefined && { repository: run.repository }),
    target: run.repository === 'acme/shop' ? 'shop' : 'warehouse',
    gateway: 'gw-1',
    openedAt: ago(now, openedMs),
    ...(!isLive && { closedAt: ago(now, openedMs - 2 * MINUTE), outcome: 'completed' }),
    permitted: 0,
    denied: 0,
    masked: 0,
    live: isLive,
    here: true,
  };
}
