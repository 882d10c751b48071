/** `npm run bench -- --held`: what requests cost that wait for people, a thousand of them on one gateway. */
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Crowd, heldTable, logIn, reachedByCount, rowsByCount } from '../test/support/held-crowd.ts';
import {
  type ApprovalCounts,
  type HeldGateway,
  type Outcomes,
  startHeldGateway,
} from '../test/support/held-gateway.ts';
import { type PostgresServer, startPostgres } from '../test/support/postgres-server.ts';
import { query, type RawPostgres } from '../test/support/raw-postgres.ts';
import { cpuSeconds, memory } from './process-usage.ts';
import { median } from './statistics.ts';

const RUNS = 10;
const QUIET_SECONDS = 10;
const SETTLE_MS = 1_500;
const BESIDE_QUERIES = 1_000;

export interface HeldFigures {
  readonly count: number;
  /** Milliseconds from the first request until the last client was told that it waits. */
  readonly filedMs: number;
  /** Until people could see what each of them would do. */
  readonly estimatedMs: number;
  /** CPU seconds of the gateway in ten seconds: nobody connected, all connected and idle, all held. */
  readonly cpuAlone: number;
  readonly cpuIdle: number;
  readonly cpuHeld: number;
  /** Bytes for each, by the growth of the process. */
  readonly pssPerConnection: number;
  readonly pssPerHold: number;
  /** The same by what its heap has in use, garbage collected: without what it keeps of busier times. */
  readonly heapPerConnection: number;
  readonly heapPerHold: number;
  /** `select 1` of one client beside them, microseconds. */
  readonly besideIdleP50: number;
  readonly besideHeldP50: number;
  /** Milliseconds from the first answer of people until the last client had its own. */
  readonly decidedMs: number;
  readonly decisionCpu: number;
  readonly outcomes: Outcomes;
  readonly answers: Readonly<Record<string, number>>;
  readonly left: HeldLeaving;
  /** Over all: rows by their count, and updates by how often the server was sent them. */
  readonly rows: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly counts: ApprovalCounts;
  readonly loadBefore: number;
}

/** The second crowd, half of which leaves while it is held. */
export interface HeldLeaving {
  readonly count: number;
  /** Milliseconds until none of those that left could be approved. */
  readonly withdrawnMs: number;
  readonly outcomes: Outcomes;
  readonly answers: Readonly<Record<string, number>>;
}

export async function measureHeld(
  count: number,
  directory: string,
  say: (line: string) => void,
  flags: readonly string[] = [],
): Promise<HeldFigures> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  await using server = await startPostgres({
    settings: { max_connections: String(count + 100) },
    sql: heldTable(3 * count),
  });
  await using gateway = await startHeldGateway({ directory, server, runs: RUNS }, flags);
  await warmUp(gateway, count);
  say(`held: warmed up with ${count}`);
  const before = await look(gateway);
  const first = await firstCrowd(gateway, count, before, say);
  const left = await secondCrowd(gateway, count, say);
  return { count, loadBefore, cpuAlone: before.cpu, ...first, left, ...(await ended(gateway, server)) };
}

/** As many, held, answered and run: what a process keeps from its first ones on is not the price of the next. */
async function warmUp(gateway: HeldGateway, count: number): Promise<void> {
  await using crowd = await Crowd.connect(gateway, count, 1);
  const ids = await crowd.ask();
  await gateway.settled(count);
  await Promise.all([gateway.decide(ids), crowd.answers()]);
}

async function firstCrowd(gateway: HeldGateway, count: number, before: Look, say: (line: string) => void) {
  await using beside = await logIn(gateway, 0);
  await using crowd = await Crowd.connect(gateway, count, count + 1);
  const idle = await look(gateway);
  const besideIdleP50 = await p50(beside);
  say(`held: ${count} connected`);
  const asked = performance.now();
  const ids = await crowd.ask();
  const filedMs = performance.now() - asked;
  await gateway.settled(count);
  const estimatedMs = performance.now() - asked;
  say(`held: ${count} wait`);
  const held = await look(gateway);
  const besideHeldP50 = await p50(beside);
  const cpu = await cpuSeconds(gateway.pid);
  const began = performance.now();
  const deciding = gateway.decide(ids);
  const answers = await crowd.answers();
  const decidedMs = performance.now() - began;
  const outcomes = await deciding;
  say(`held: ${count} answered`);
  return {
    filedMs,
    estimatedMs,
    cpuIdle: idle.cpu,
    cpuHeld: held.cpu,
    pssPerConnection: (idle.pss - before.pss) / count,
    pssPerHold: (held.pss - idle.pss) / count,
    heapPerConnection: (idle.heap - before.heap) / count,
    heapPerHold: (held.heap - idle.heap) / count,
    besideIdleP50,
    besideHeldP50,
    decidedMs,
    decisionCpu: (await cpuSeconds(gateway.pid)) - cpu,
    outcomes,
    answers,
  };
}

async function secondCrowd(gateway: HeldGateway, count: number, say: (line: string) => void): Promise<HeldLeaving> {
  await using crowd = await Crowd.connect(gateway, count, 2 * count + 1);
  const ids = await crowd.ask();
  const began = performance.now();
  const left = crowd.halfLeaves();
  await gateway.waiting(count - left);
  const withdrawnMs = performance.now() - began;
  const [outcomes, answers] = await Promise.all([gateway.decide(ids), crowd.answers()]);
  say(`held: ${left} of ${count} left`);
  return { count: left, withdrawnMs, outcomes, answers };
}

async function ended(gateway: HeldGateway, server: PostgresServer) {
  await gateway.collect();
  return { rows: await rowsByCount(server), reached: await reachedByCount(server), counts: await gateway.counts() };
}

interface Look {
  readonly cpu: number;
  readonly pss: number;
  readonly heap: number;
}

/** What the gateway uses while nothing is asked of it. */
async function look({ pid, collect }: HeldGateway): Promise<Look> {
  await delay(SETTLE_MS);
  const heap = await collect();
  const { pss } = await memory(pid);
  const before = await cpuSeconds(pid);
  await delay(QUIET_SECONDS * 1000);
  return { pss, heap, cpu: (await cpuSeconds(pid)) - before };
}

async function p50(client: RawPostgres): Promise<number> {
  const text = query('select 1');
  const taken: number[] = [];
  for (let left = BESIDE_QUERIES; left > 0; left--) {
    const began = performance.now();
    client.send(text);
    await client.untilReady();
    taken.push((performance.now() - began) * 1000);
  }
  return median(taken);
}
