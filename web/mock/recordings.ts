import { Buffer } from 'node:buffer';
import type { DecodedReply, RecordedEvent, SessionView, StatementView } from '../src/api/types.ts';
import { mockId, type World } from './world.ts';

/** A session of 50,000 exchanges, to see that a page stays smooth. */
export const LONG_SESSION = mockId('ses', 999_999);
const LONG_EXCHANGES = 50_000;
/** A session of seven exchanges with one of everything, the same each time. */
export const TOLD_SESSION = mockId('ses', 999_998);

/** The events of a session, as `GET …/recording?decoded=true` has them: what the world's statements came from. */
export function* recordingOf(world: World, session: SessionView): Generator<RecordedEvent> {
  const pen = new EventPen(session);
  yield pen.event('session.open', 0, { opening: openingOf(session) });
  const statements = statementsFor(world, session);
  for (const statement of statements) yield* exchangeOf(pen, statement);
  if (session.live) return;
  yield pen.event('session.close', 400, { closing: { outcome: session.outcome ?? 'completed' } });
}

/** Numbers and times of one session's events. */
export class EventPen {
  readonly #openedMs: number;
  #seq = 0;
  #ms = 0;

  constructor(session: SessionView) {
    this.#openedMs = Date.parse(session.openedAt);
  }

  event(kind: string, afterMs: number, more: object): RecordedEvent {
    this.#ms += afterMs;
    const at = new Date(this.#openedMs + this.#ms).toISOString();
    return { v: 1, kind, at, seq: this.#seq++, mono: String(Math.round(this.#ms * 1000)), ...more };
  }
}

/** A request with its answer: rows, an error, a refusal, or a wait for a person first. */
export function* exchangeOf(pen: EventPen, statement: StatementView): Generator<RecordedEvent> {
  const { exchange, decision, rules, text, kinds, masked = 0 } = statement;
  const bytes = Buffer.from(text);
  yield pen.event('request', exchange % 9 === 0 ? 14_000 : 40 + (exchange % 7) * 130, {
    exchange,
    decision: { effect: decision, rules },
    op: kinds.map((kind) => ({
      kind,
      access: ACCESS[kind] ?? 'read',
      tables: [],
      flags: [],
      columns: [
        { ...COLUMN, use: 'output' },
        { ...COLUMN, column: 'id', use: 'filter' },
      ],
      lock: 'access-share',
    })),
    body: { media: 'application/sql', bytes: bytes.length, base64: bytes.toString('base64') },
  });
  if (decision === 'deny') {
    const message = 'Tables are not dropped here.';
    const hint = 'Open a migration instead.';
    const refusal = { code: 'policy-denied', message, rule: rules[0], hint };
    yield pen.event('refusal', 1, { exchange, refusal });
    return;
  }
  if (statement.approval !== undefined) yield approvalEvent(pen, statement, statement.approval);
  const failed = statement.status === 'error';
  const decoded = failed ? FAILED : tableOf(statement);
  const rows = decoded.results.reduce((sum, result) => sum + result.rows.length + result.moreRows, 0);
  yield pen.event('reply', 2 + (exchange % 40), {
    exchange,
    result: failed ? { status: 'error', code: '42P01', rows: '0' } : { status: 'ok', rows: String(rows) },
    body: { media: 'application/octet-stream', bytes: 400 },
    decoded,
    ...(masked > 0 && { masked: [{ by: 'column', name: 'public.customers.email', count: masked }] }),
  });
}

function approvalEvent(pen: EventPen, { exchange, status }: StatementView, id: string): RecordedEvent {
  const at = new Date().toISOString();
  const denied = status === 'approval-denied';
  const reason = denied ? 'Not during the sale' : 'Reviewed in #4711';
  const person = mockId('psn', 2);
  const vote = { person, answer: denied ? 'deny' : 'approve', channel: 'web', at };
  const held = { id, state: denied ? 'denied' : 'used', digest: '9f2c', votes: [vote], waitedMs: 74_000 };
  const voters = Buffer.from(JSON.stringify({ votes: [{ person, login: 'lin', name: 'Lin Zhao', reason }] }));
  const body = { media: 'application/json', bytes: voters.length, base64: voters.toString('base64') };
  return pen.event('approval', 74_000, { exchange, held, body });
}

const COLUMN = { schema: 'public', table: 'customers', column: 'email' };
const ACCESS: Readonly<Record<string, string>> = { update: 'write', delete: 'write', alter: 'ddl', drop: 'ddl' };

const FAILED: DecodedReply = {
  results: [],
  notices: [
    {
      severity: 'ERROR',
      code: '42P01',
      message: 'relation "custmers" does not exist',
      hint: 'Perhaps you meant to reference the table "public.customers".',
    },
  ],
};

function tableOf({ kinds, tables, rows = 0 }: StatementView): DecodedReply {
  if (!kinds.includes('select')) {
    const notices =
      kinds[0] === 'alter' ? [{ severity: 'NOTICE', code: '00000', message: 'chaperone: a person was asked' }] : [];
    return { results: [{ columns: [], rows: [], moreRows: 0, tag: `${kinds[0]?.toUpperCase()} 1` }], notices };
  }
  const isCustomers = tables.includes('public.customers');
  const columns = isCustomers
    ? [
        { name: 'id', type: 'int8' },
        { name: 'email', type: 'text' },
        { name: 'country', type: 'text' },
        { name: 'note', type: 'text' },
      ]
    : [
        { name: 'id', type: 'int8' },
        { name: 'status', type: 'text' },
        { name: 'total', type: 'numeric' },
        { name: 'payload', type: 'bytea' },
      ];
  const made = Array.from({ length: Math.min(rows, 1000) }, (_, index) =>
    isCustomers
      ? [String(4700 + index), '[redacted]', index % 3 === 0 ? null : 'NO', index % 5 === 0 ? 'to\u202Eevil' : '']
      : [String(index + 1), index % 2 ? 'paid' : 'open', `${(index * 37) % 900}.50`, { hex: 'deadbeef' }],
  );
  return {
    results: [{ columns, rows: made, moreRows: Math.max(0, rows - 1000), tag: `SELECT ${rows}` }],
    notices: [],
  };
}

function statementsOf(world: World, session: SessionView): readonly StatementView[] {
  return world.statements.filter((statement) => statement.session === session.id);
}

function statementsFor(world: World, session: SessionView): Iterable<StatementView> {
  if (session.id === LONG_SESSION) return longStatements(session);
  return session.id === TOLD_SESSION ? toldStatements(session) : statementsOf(world, session);
}

function toldStatements(session: SessionView): readonly StatementView[] {
  const { run, principal, target, openedAt: at } = session;
  const shared = {
    session: session.id,
    run,
    principal,
    target,
    at,
    decision: 'permit' as const,
    rules: ['read-anything'],
  };
  const select = { kinds: ['select'], tables: ['public.customers'] };
  return [
    { ...shared, ...select, exchange: 1, text: 'SELECT count(*) FROM customers', rows: 1 },
    { ...shared, ...select, exchange: 2, text: 'SELECT id, email FROM customers', rows: 900, masked: 900 },
    {
      ...shared,
      exchange: 3,
      kinds: ['drop'],
      tables: [],
      decision: 'deny',
      rules: ['never-drop'],
      text: 'DROP TABLE customers',
    },
    { ...shared, ...select, exchange: 4, text: 'SELECT * FROM custmers', status: 'error' },
    {
      ...shared,
      exchange: 5,
      kinds: ['alter'],
      tables: [],
      text: 'ALTER TABLE customers ADD note text',
      approval: mockId('apr', 1),
    },
    { ...shared, exchange: 6, kinds: ['update'], tables: [], text: "UPDATE orders SET status = 'paid' WHERE id = 1" },
    { ...shared, ...select, exchange: 7, text: "SELECT 'a\u202Eb' -- <img src=x onerror=alert(1)>", rows: 2 },
  ];
}

function* longStatements(session: SessionView): Generator<StatementView> {
  const shared = { session: session.id, run: session.run, principal: session.principal, target: session.target };
  for (let exchange = 1; exchange <= LONG_EXCHANGES; exchange++) {
    const refused = exchange % 977 === 0;
    const writes = exchange % 61 === 0;
    yield {
      ...shared,
      exchange,
      at: session.openedAt,
      kinds: [refused ? 'drop' : writes ? 'update' : 'select'],
      tables: [exchange % 5 === 0 ? 'public.customers' : 'public.orders'],
      decision: refused ? 'deny' : 'permit',
      rules: [refused ? 'never-drop' : 'read-anything'],
      text: refused
        ? 'DROP TABLE customers'
        : writes
          ? `UPDATE orders SET status = 'paid' WHERE id = ${exchange}`
          : `SELECT id, status, total FROM orders WHERE customer = ${exchange} ORDER BY id`,
      rows: exchange % 4,
      ...(exchange % 4001 === 0 && { approval: mockId('apr', 1) }),
      ...(exchange % 1303 === 0 && { status: 'error' }),
      ...(exchange % 5 === 0 && !refused && !writes && { masked: 1 + (exchange % 4) }),
    };
  }
}

export function openingOf({ principal, target, repository }: SessionView): object {
  return {
    principal: { id: principal, kind: 'workload' },
    target: { name: target, protocol: 'postgres', tls: 'verify-full', database: 'shop' },
    grant: { id: mockId('gr', 1), rule: 'shop-ci', expiresAt: '2026-11-22T21:15:00.000Z' },
    recordMode: 'strict',
    workload: { sourceRepositoryUri: `https://github.com/${repository ?? ''}` },
    demo: false,
  };
}
