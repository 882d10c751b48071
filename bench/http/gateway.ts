/**
 * The gateway under measurement, as a process of its own: `node --expose-gc bench/http/gateway.ts '<json>'`. It prints one
 * line of JSON when it listens, collects garbage and answers a line for each line it is sent, and ends with its input.
 */
import { createInterface } from 'node:readline';
import { LIMITS } from '../../src/model/limits.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { GatewayTotals } from '../../src/telemetry/gateway-totals.ts';
import { httpTarget, startHttpGateway } from '../../test/support/http-gateway.ts';
import { HTTP_TARGETS } from './targets.ts';

/** What the parent says: the origin, and where to keep the log. */
export interface HttpGatewayRequest {
  readonly directory: string;
  readonly origin: number;
}

/** What it answers: the port, and a grant for all targets. */
export interface HttpGatewayAnswer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Of each reply, `capped` keeps so much, and a digest of it all. */
const CAPPED_BYTES = 256 * 1024;

const READ: Policy = {
  name: 'the shop reads',
  principals: [{ 'run.sourceRepositoryId': ['74'] }],
  targets: { names: [...HTTP_TARGETS] },
  operations: ['read'],
  effect: 'permit',
};

/** One permits; one that masks and one that denies are for other paths. */
const POLICIES: readonly Policy[] = [
  { ...READ, http: { methods: ['GET', 'HEAD'], paths: ['/*', '/people/**'] } },
  { ...READ, name: 'with masks', http: { methods: ['GET'], paths: ['/people/**'] }, mask: ['email', 'card', 'secret'] },
  {
    ...READ,
    name: 'no exports',
    http: { methods: ['GET'], paths: ['/exports/**'] },
    effect: 'deny',
    when: '"all" in operation.http.query',
  },
];

async function main({ directory, origin }: HttpGatewayRequest): Promise<void> {
  const targets = HTTP_TARGETS.map((name) =>
    httpTarget(
      { host: '127.0.0.1', port: origin },
      {
        name,
        recordMode: name === 'strict' ? 'strict' : 'batched',
        storedReplyBytes: name === 'capped' ? CAPPED_BYTES : LIMITS.storedReplyBytes,
      },
    ),
  );
  await using gateway = await startHttpGateway({ targets, policies: POLICIES, directory, watch: new GatewayTotals() });
  const { user, password } = await gateway.grant({ seconds: 24 * 3600 });
  const answer: HttpGatewayAnswer = { port: gateway.port, user, password };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  for await (const _ of createInterface({ input: process.stdin })) {
    globalThis.gc?.();
    process.stdout.write(`${JSON.stringify({ faults: gateway.faults.map(String) })}\n`);
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as HttpGatewayRequest);
