/** A gateway with budgets over a store of its own, and what its clients get, in brief. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { BudgetService } from '../../src/budgets/budget-service.ts';
import type { ApprovalDesk } from '../../src/gateway/control-plane.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { openStore } from '../../src/store/store.ts';
import { FakeApprovals } from './fake-approvals.ts';
import { PERMIT_ALL, startGateway, targetFor } from './gateway.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { type BackendMessage, errorFields, RawPostgres, summary } from './raw-postgres.ts';
import type { TestGrant } from './static-control-plane.ts';

interface LimitedOptions {
  readonly server: PostgresServer;
  /** Path of the store's file. */
  readonly file: string;
  readonly limit: NonNullable<Policy['limit']>;
  /** Of the rule that limits. */
  readonly rule?: Partial<Policy>;
  /** Whom people are asked through; fakes where absent. */
  readonly desk?: ApprovalDesk;
}

/** Everything is permitted, and one rule limits it. */
async function openLimited({ server, file, limit, rule, desk }: LimitedOptions) {
  await using parts = new AsyncDisposableStack();
  const store = parts.use(await openStore({ file }));
  const faults: unknown[] = [];
  const budgets = parts.use(new BudgetService({ store, onFault: (fault) => faults.push(fault) }));
  const people = new FakeApprovals();
  const gateway = parts.use(
    await startGateway({
      targets: [targetFor(server)],
      policies: [PERMIT_ALL, { ...PERMIT_ALL, name: 'limited', limit, ...rule }],
      approvals: desk ?? people,
      budgets,
    }),
  );
  const opened = parts.move();
  const logIn = async (grant?: TestGrant) => {
    const { user, password } = grant ?? (await gateway.grant());
    const { host, port } = gateway;
    return opened.use(await RawPostgres.login({ host, port, user, password, database: 'shop' }));
  };
  return { store, budgets, faults, gateway, people, logIn, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A server and a folder for the tests of the `describe` that calls this, and gateways before it, each with its own store. */
export function limitedGateways() {
  let stores = 0;
  const suite = {} as { server: PostgresServer; directory: string };
  before(async () => {
    suite.server = await startPostgres({ sql: LIMITED_SQL });
    suite.directory = await mkdtemp(join(tmpdir(), 'budgets-'));
  });
  after(async () => {
    await suite.server?.stop();
    if (suite.directory !== undefined) await rm(suite.directory, { recursive: true, force: true });
  });
  const open = (limit: LimitedOptions['limit'], rule: Partial<Policy> = {}, desk?: ApprovalDesk) => {
    const file = join(suite.directory, `store-${++stores}.db`);
    return openLimited({ server: suite.server, file, limit, rule, ...(desk === undefined ? {} : { desk }) });
  };
  return { suite, open };
}

/** Tables that the tests of budgets read and change. */
const LIMITED_SQL = `
  create table numbers (n int); insert into numbers select generate_series(1, 20000);
  create table notes (id serial primary key, note text);
  create table parents (id int primary key); insert into parents values (1);
  create table children (parent int references parents deferrable initially deferred);
`;

export function rows(messages: readonly BackendMessage[]): number {
  return messages.filter(({ type }) => type === 'D').length;
}

/** The conversation with rows as `…`. */
export function briefly(messages: readonly BackendMessage[]): string {
  return summary(messages).replaceAll(/(?:[Dd] )+/g, '… ');
}

/** The words of the first error; empty without one. */
export function said(messages: readonly BackendMessage[]): string {
  const error = messages.find(({ type }) => type === 'E');
  return error === undefined ? '' : (errorFields(error)['M'] ?? '');
}
