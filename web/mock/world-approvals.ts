import type { Approval, ApprovalState, RunSummary, SessionView, StatementView, VoteView } from '../src/api/types.ts';
import { ago, HOUR, MINUTE, mockId } from './world.ts';

/** A few that wait, of every kind that an inbox must show well, and some history. */
export function makeApprovals(
  now: number,
  runs: readonly RunSummary[],
  sessions: readonly SessionView[],
  statements: readonly StatementView[],
): Approval[] {
  const make = (index: number, ageMs: number, state: ApprovalState, more: Partial<Approval> = {}): Approval => {
    const session = sessions[index % 5] as SessionView;
    const run = runs.find(({ id }) => id === session.run) as RunSummary;
    run.approvals += 1;
    const before = statements.filter((statement) => statement.session === session.id).slice(0, 6);
    return {
      ...approval(now, index, ageMs, state),
      ...referTo(run, session),
      before,
      ...BASE[index % BASE.length],
      ...more,
    };
  };
  const [two, security] = [
    { group: 'dba', quorum: 2, approvals: 1 },
    { group: 'security', quorum: 1, approvals: 0 },
  ];
  const noWhere = 'No WHERE. Write a batch job.';
  return [
    make(0, 40_000, 'pending'),
    make(1, 3 * MINUTE, 'pending', {
      requirements: [two],
      votes: [vote(now, 'lin', 'approve', 'Checked with the shop team.')],
    }),
    make(2, 5 * MINUTE, 'pending', { held: false }),
    make(3, 6 * MINUTE, 'pending', {
      mine: false,
      notMine: 'not in the group security',
      requirements: [security],
      rules: ['exports-need-security'],
    }),
    make(4, 2 * HOUR, 'approved', { votes: [vote(now - 2 * HOUR, 'lin', 'approve', 'Agreed in the change review.')] }),
    make(5, 5 * HOUR, 'denied', { votes: [vote(now - 5 * HOUR, 'ada', 'deny', noWhere)], reason: noWhere }),
    make(6, 26 * HOUR, 'expired'),
    make(7, 30 * HOUR, 'cancelled', { reason: 'The client left.' }),
    ...Array.from({ length: 60 }, (_, index) =>
      make(8 + index, (40 + index * 5) * HOUR, index % 3 === 0 ? 'denied' : 'approved'),
    ),
    make(68, 400 * HOUR, 'approved', ACCESS),
    make(69, 401 * HOUR, 'denied', ACCESS),
  ];
}

function approval(now: number, index: number, ageMs: number, state: ApprovalState): Omit<Approval, 'run' | 'session'> {
  return {
    id: mockId('apr', index),
    kind: 'request',
    state,
    mine: state === 'pending',
    target: 'shop',
    protocol: 'postgres',
    kinds: ['alter'],
    tables: ['public.orders'],
    text: '',
    requirements: [{ group: 'dba', quorum: 1, approvals: state === 'approved' ? 1 : 0 }],
    rules: ['schema-needs-dba'],
    requestedAt: ago(now, ageMs),
    expiresAt: ago(now, ageMs - 15 * MINUTE),
    ...(state !== 'pending' && { decidedAt: ago(now, ageMs - 2 * MINUTE) }),
    ...(state === 'approved' && { usedAt: ago(now, ageMs - 2 * MINUTE) }),
    statements: [],
    digest: '5f1d7a84db00d2fce00b31a7fc73224f0a7a0c6d92c0f2a2b7e9f8c1d3e4a5b6',
    policy: 'a3c9f1e2',
    gateway: 'gw-1',
    operations: [],
    context: [
      { name: 'database', value: 'shop' },
      { name: 'role', value: 'shop_agent' },
      { name: 'search_path', value: '"$user", public' },
    ],
    votes: [],
    before: [],
    held: state === 'pending',
  };
}

function referTo(run: RunSummary, session: SessionView): Pick<Approval, 'run' | 'session'> {
  return { run, session: session.id };
}

function vote(at: number, login: string, answer: VoteView['answer'], reason: string): VoteView {
  return { login, answer, reason, channel: 'web', at: ago(at, MINUTE) };
}

const ALTER = `ALTER TABLE orders
  ADD COLUMN refunded_at timestamptz,
  ADD COLUMN refund_reason text CHECK (length(refund_reason) < 500);`;
const DELETE = `DELETE FROM customers c
USING orders o
WHERE o.customer_id = c.id
  AND c.last_seen_at < $1
  AND c.country = $2 -- GDPR clean-up, see issue 512`;
const HOSTILE = `UPDATE prices SET amount = amount * 0.9\u202E WHERE sku = 'A-1'\u202C\u200B;\n-- \u001b[31mlooks harmless\u001b[0m <img src=x onerror=alert(1)>`;
const COPY = `COPY (SELECT id, email, iban FROM customers) TO STDOUT WITH (FORMAT csv, HEADER)`;

const ENTER = `May this run enter the target archive, for 60 min?
It says: the report needs last year\u202E <img src=x onerror=alert(1)>`;
const ACCESS: Partial<Approval> = {
  kind: 'access',
  target: 'archive',
  kinds: ['enter'],
  tables: [],
  text: ENTER,
  statements: [{ text: ENTER, parameters: [] }],
  operations: [],
  context: [],
  rules: ['shop-main'],
};

const BASE: readonly Partial<Approval>[] = [
  {
    text: ALTER,
    statements: [{ text: ALTER, parameters: [] }],
    operations: [
      {
        kind: 'alter',
        title: 'alter',
        facts: [],
        access: 'schema',
        tables: [{ name: 'public.orders', use: 'write' }],
        columns: ['public.orders.refunded_at', 'public.orders.refund_reason'],
        filters: [],
        writes: [],
        copies: [],
        lock: 'access-exclusive',
        functions: [],
        hasWhere: false,
        flags: ['takes an ACCESS EXCLUSIVE lock'],
      },
    ],
    estimate: {
      kind: 'unavailable',
      statements: [{ text: ALTER, why: 'a statement of this kind has no plan' }],
      tookMs: 4,
    },
  },
  {
    kinds: ['delete'],
    tables: ['public.customers', 'public.orders'],
    text: DELETE,
    statements: [{ text: DELETE, parameters: ['2019-01-01', 'DE'] }],
    rules: ['deletes-need-two'],
    operations: [
      {
        kind: 'delete',
        title: 'delete',
        facts: [],
        access: 'write',
        tables: [
          { name: 'public.customers', use: 'write' },
          { name: 'public.orders', use: 'read' },
        ],
        columns: [],
        filters: [
          'public.customers.id',
          'public.customers.last_seen_at',
          'public.customers.country',
          'public.orders.customer_id',
        ],
        writes: [],
        copies: [],
        lock: 'row-exclusive',
        functions: [],
        hasWhere: true,
        flags: [],
      },
    ],
    estimate: {
      kind: 'planned',
      tookMs: 38,
      statements: [
        {
          text: DELETE,
          rows: 18_204,
          cost: 4182.31,
          plan: 'Delete on customers c  (cost=2891.00..4182.31 rows=18204 width=12)\n  ->  Hash Join  (cost=2891.00..4182.31 rows=18204 width=12)\n        Hash Cond: (o.customer_id = c.id)\n        ->  Seq Scan on orders o  (cost=0.00..1041.00 rows=60000 width=14)\n        ->  Hash  (cost=2663.45..2663.45 rows=18204 width=14)\n              ->  Seq Scan on customers c  (cost=0.00..2663.45 rows=18204 width=14)',
        },
      ],
    },
  },
  {
    kinds: ['update'],
    tables: ['public.prices'],
    text: HOSTILE,
    statements: [{ text: HOSTILE, parameters: [] }],
    operations: [
      {
        kind: 'update',
        title: 'update',
        facts: [],
        access: 'write',
        tables: [{ name: 'public.prices', use: 'write' }],
        columns: [],
        filters: ['public.prices.sku'],
        writes: ['public.prices.amount'],
        copies: [{ into: 'public.prices.amount', from: ['public.prices.list_price'], temporary: false }],
        lock: 'row-exclusive',
        functions: [],
        hasWhere: true,
        flags: [],
      },
    ],
    estimate: { kind: 'measured', tookMs: 112, statements: [{ text: HOSTILE, rows: 1 }] },
  },
  {
    kinds: ['copy'],
    tables: ['public.customers'],
    text: COPY,
    statements: [{ text: COPY, parameters: [] }],
    operations: [
      {
        kind: 'copy',
        title: 'copy',
        facts: [],
        access: 'read',
        tables: [{ name: 'public.customers', use: 'read' }],
        columns: ['public.customers.id', 'public.customers.email', 'public.customers.iban'],
        filters: [],
        writes: [],
        copies: [],
        functions: [],
        hasWhere: false,
        flags: ['leaves as a file'],
      },
    ],
    estimate: { kind: 'planned', tookMs: 21, statements: [{ text: COPY, rows: 120_000, cost: 2541 }] },
  },
];
