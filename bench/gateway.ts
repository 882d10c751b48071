/**
 * The gateway under measurement, as a process of its own: `node --expose-gc bench/gateway.ts '<json>'`. It prints one
 * line of JSON when it listens, collects garbage and answers a line for each line it is sent, and ends with its input.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BudgetService } from '../src/budgets/budget-service.ts';
import type { TargetName } from '../src/model/ids.ts';
import { LIMITS } from '../src/model/limits.ts';
import { Secret } from '../src/model/secret.ts';
import type { Policy } from '../src/policy/policy.ts';
import { openStore } from '../src/store/store.ts';
import { GatewayTotals } from '../src/telemetry/gateway-totals.ts';
import { startGateway, type TestTarget } from '../test/support/gateway.ts';

/** What the parent says: the server, and where to keep the log. */
export interface GatewayRequest {
  readonly directory: string;
  readonly server: {
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
}

/** What it answers: the port, and a grant for all targets. */
export interface GatewayAnswer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The gateway's settings that are compared, one target each. */
export const TARGETS = ['batched', 'strict', 'unmasked', 'limited', 'stored-whole'] as const;

const READ: Policy = {
  name: 'the shop reads',
  principals: [{ 'run.sourceRepositoryId': ['74'] }],
  targets: { names: [...TARGETS] },
  operations: ['read'],
  effect: 'permit',
};

const POLICIES: readonly Policy[] = [
  READ,
  { ...READ, name: 'with masks', targets: { names: ['batched', 'strict'] }, mask: ['email', 'card', 'secret'] },
  {
    ...READ,
    name: 'with budgets',
    targets: { names: ['limited'] },
    limit: [
      { measure: 'rowsRead', most: LIMITS.maxBudget, per: 'run' },
      { measure: 'bytes', most: LIMITS.maxBudget, per: 'target', withinMs: 3_600_000 },
      { measure: 'rowsRead', most: LIMITS.maxBudget, per: 'statement' },
      { measure: 'statements', most: LIMITS.maxBudget, per: 'run' },
    ],
  },
  { ...READ, name: 'no drop', operations: ['drop'], effect: 'deny', when: 'operation.kind == "drop"' },
];

async function main(request: GatewayRequest): Promise<void> {
  const targets = TARGETS.map((name) => target(name, request));
  await using store = await openStore({ file: join(request.directory, 'store.sqlite') });
  await using budgets = new BudgetService({ store, onFault: (fault) => process.stderr.write(`${String(fault)}\n`) });
  await using gateway = await startGateway({
    targets,
    policies: POLICIES,
    directory: request.directory,
    budgets,
    watch: new GatewayTotals(),
  });
  const { user, password } = await gateway.grant({ seconds: 24 * 3600 });
  const answer: GatewayAnswer = { port: gateway.port, user, password };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  for await (const _ of createInterface({ input: process.stdin })) {
    globalThis.gc?.();
    process.stdout.write(`${JSON.stringify({ faults: gateway.faults.map(String) })}\n`);
  }
}

function target(name: (typeof TARGETS)[number], { server }: GatewayRequest): TestTarget {
  return {
    name: name as TargetName,
    protocol: 'postgres',
    address: { host: '127.0.0.1', port: server.port },
    database: server.database,
    tls: { mode: 'disable' },
    labels: {},
    classified: [{ schema: 'public', table: 'customers', column: 'email', class: 'email' }],
    recordMode: name === 'strict' ? 'strict' : 'batched',
    storedReplyBytes: name === 'stored-whole' ? 64 * 1024 ** 3 : LIMITS.storedReplyBytes,
    credential: { user: server.user, password: new Secret(server.password) },
  };
}

await main(JSON.parse(process.argv[2] ?? '{}') as GatewayRequest);
