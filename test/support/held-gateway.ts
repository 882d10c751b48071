/**
 * A gateway whose held requests wait for real people's answers (the approvals on SQLite, its own log), in a process of
 * its own: `startHeldGateway` in the parent, and this same file as the program. The child prints a line of JSON when it
 * listens, answers each line that it is sent with one, and ends with its input.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import GATEWAY_FLAGS from '../../bin/gateway-flags.json' with { type: 'json' };
import type { ApprovalService } from '../../src/approvals/approval-service.ts';
import type { AuditLog } from '../../src/audit/recorder.ts';
import type { PersonId } from '../../src/model/ids.ts';
import type { Person } from '../../src/model/person.ts';
import { Refused } from '../../src/model/refusal.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { PERMIT_ALL, startGateway, targetFor } from './gateway.ts';
import { answerOf, approvalsOn, person } from './held-requests.ts';
import type { PostgresServer } from './postgres-server.ts';

/** What the parent says at the start. */
export interface HeldGatewayRequest {
  readonly directory: string;
  readonly server: Pick<PostgresServer, 'host' | 'port' | 'user' | 'password' | 'database'>;
  /** Jobs that the requests are shared among. */
  readonly runs: number;
}

/** What it answers: the port, and a grant of each run for the target `shop`. */
interface Listening {
  readonly port: number;
  readonly grants: readonly { readonly user: string; readonly password: string }[];
}

type Order =
  | { readonly ask: 'collect' }
  | { readonly ask: 'counts' }
  /** Answers once so many requests wait; where asked to, each with its estimate. */
  | { readonly ask: 'settled'; readonly waiting: number; readonly estimated: boolean }
  /** Ada takes them from the first to the last and Ben from the last to the first, at the same time. */
  | { readonly ask: 'decide'; readonly ids: readonly string[] };

interface Collected {
  readonly faults: readonly string[];
  readonly heapBytes: number;
}

export interface ApprovalCounts {
  readonly pending: number;
  readonly approved: number;
  readonly cancelled: number;
  /** Of the approved ones. */
  readonly used: number;
  readonly described: number;
  /** Requests that wait in the process. */
  readonly holding: number;
  /** Changes that those who watch were told of. */
  readonly told: number;
}

/** What came of two people's answers, and how often each. */
export type Outcomes = Readonly<Record<string, number>>;

export interface HeldGateway extends AsyncDisposable, Listening {
  readonly pid: number;
  counts(): Promise<ApprovalCounts>;
  /** Resolves once so many requests wait, and people can see what each would do. */
  settled(waiting: number): Promise<void>;
  /** Resolves once so many requests wait. */
  waiting(count: number): Promise<void>;
  decide(ids: readonly string[]): Promise<Outcomes>;
  /** Collects garbage, and fails where something broke; how many bytes of the heap are in use then. */
  collect(): Promise<number>;
}

export async function startHeldGateway(
  request: HeldGatewayRequest,
  flags: readonly string[] = [],
): Promise<HeldGateway> {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...GATEWAY_FLAGS, '--expose-gc', ...flags, script, JSON.stringify(request)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = answersOf(child);
  const ask = async <Answer>(order: Order): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return (await answers()) as Answer;
  };
  return {
    ...((await answers()) as Listening),
    pid: child.pid ?? 0,
    counts: () => ask({ ask: 'counts' }),
    settled: async (waiting) => void (await ask({ ask: 'settled', waiting, estimated: true })),
    waiting: async (waiting) => void (await ask({ ask: 'settled', waiting, estimated: false })),
    decide: (ids) => ask({ ask: 'decide', ids }),
    collect: async () => {
      const { faults, heapBytes } = await ask<Collected>({ ask: 'collect' });
      if (faults.length > 0) throw new Error(`the gateway met faults:\n${faults.join('\n')}`);
      return heapBytes;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.stdin.end();
      await ended;
    },
  };
}

/** The child's lines, one for each call. */
function answersOf(child: ChildProcess): () => Promise<unknown> {
  const { stdout } = child;
  if (stdout === null) throw new Error('the gateway has no output');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the gateway ended');
    return JSON.parse(value) as unknown;
  };
}

const ASKED: Policy = {
  ...PERMIT_ALL,
  name: 'rows change with an owner’s word',
  operations: ['update'],
  approve: {
    group: 'dba',
    quorum: 1,
    withinMs: 1_800_000,
    allowActor: false,
    measureRows: false,
    showText: false,
  },
};

async function main({ directory, server, runs }: HeldGatewayRequest): Promise<void> {
  await using store = await openStore({ file: join(directory, 'store.sqlite') });
  const opened = Promise.withResolvers<AuditLog>();
  const approvals = await approvalsOn(store, { note: async (note) => (await opened.promise).note(note) });
  const { user, password } = server;
  const target = targetFor(server as PostgresServer);
  await using gateway = await startGateway({
    directory,
    targets: [{ ...target, credential: { user, password: new Secret(password) } }],
    policies: [PERMIT_ALL, ASKED],
    approvals: approvals.service,
  });
  opened.resolve(gateway.log);
  const grants = await Promise.all(Array.from({ length: runs }, () => gateway.grant({ seconds: 24 * 3600 })));
  const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({
    port: gateway.port,
    grants: grants.map(({ user: name, password: secret }) => ({ user: name, password: secret })),
  });
  const desk = new Desk(approvals.service, store);
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    switch (order.ask) {
      case 'collect':
        globalThis.gc?.();
        say({
          faults: [...gateway.faults, ...approvals.faults].map(String),
          heapBytes: process.memoryUsage().heapUsed,
        });
        break;
      case 'counts':
        say(await desk.counts());
        break;
      case 'settled':
        await desk.settled(order.waiting, order.estimated);
        say({});
        break;
      case 'decide':
        say(await desk.decide(order.ids));
        break;
      default:
        return order satisfies never;
    }
  }
  await gateway.stop();
  await approvals[Symbol.asyncDispose]();
}

/** Where people sit. */
class Desk {
  readonly #service: ApprovalService;
  readonly #store: Store;
  #told = 0;
  #changed = Promise.withResolvers<void>();

  constructor(service: ApprovalService, store: Store) {
    this.#service = service;
    this.#store = store;
    // As the API listens for its live events.
    service.onChange(() => {
      this.#told++;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  async counts(): Promise<ApprovalCounts> {
    const rows = await this.#store.read((db) =>
      db.selectFrom('approvals').select(['state', 'used_at', 'estimate']).execute(),
    );
    const of = (state: string): number => rows.filter((row) => row.state === state).length;
    return {
      pending: of('pending'),
      approved: of('approved'),
      cancelled: of('cancelled'),
      used: rows.filter((row) => row.used_at !== null).length,
      described: rows.filter((row) => row.estimate !== null).length,
      holding: this.#service.holding,
      told: this.#told,
    };
  }

  async settled(waiting: number, estimated: boolean): Promise<void> {
    for (;;) {
      const next = this.#changed.promise;
      const rows = await this.#store.read((db) =>
        db.selectFrom('approvals').select('estimate').where('state', '=', 'pending').execute(),
      );
      if (rows.length === waiting && (!estimated || rows.every(({ estimate }) => estimate !== null))) return;
      await next;
    }
  }

  async decide(ids: readonly string[]): Promise<Outcomes> {
    const [ada, ben] = [somebody('ada'), somebody('ben')];
    const outcomes: Record<string, number> = {};
    const answerAll = async (who: Person, order: readonly string[]): Promise<void> => {
      for (const id of order) {
        const outcome = await this.#answer(id, who);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await Promise.all([answerAll(ada, ids), answerAll(ben, ids.toReversed())]);
    return outcomes;
  }

  /** Looks at it and answers, as a person does; the state that it has then, or why the answer was not taken. */
  async #answer(id: string, who: Person): Promise<string> {
    const shown = await this.#service.find(id, { person: who, all: false });
    if (shown === undefined) return 'not shown';
    try {
      return (await this.#service.decide(id, answerOf('approve', who, shown))).state;
    } catch (refusal) {
      if (refusal instanceof Refused) return refusal.refusal.code;
      throw refusal;
    }
  }
}

/** With an id as the store gives them, which the log insists on. */
function somebody(login: string): Person {
  return person(login, ['dba'], { id: `psn_${login}` as PersonId });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2] ?? '{}') as HeldGatewayRequest);
}
