/**
 * What recording costs: CPU per exchange in each record mode and on each thread, and bulk replies under and over the
 * cap. `node bench/recorder.ts [seconds]`. No network and no database: only the audit log.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditLog } from '../src/audit/open-audit-log.ts';
import type { SessionRecord } from '../src/audit/recorder.ts';
import type { ExchangeNumber } from '../src/model/ids.ts';
import { LIMITS } from '../src/model/limits.ts';
import type { RecordMode } from '../src/model/target.ts';
import { aRun, aSession, aTarget, ORIGIN, PERMIT, SELECT } from '../test/support/audit-log.ts';

const seconds = Number(process.argv[2] ?? 2);
const REQUEST = Buffer.from('SELECT id, email, total FROM orders WHERE customer_id = 4711 ORDER BY id DESC LIMIT 20');
const REPLY = Buffer.alloc(400, 'a row of text, more or less; ');

interface Cost {
  readonly wallMs: number;
  readonly mainUs: number;
  readonly allUs: number;
}

/** CPU of this thread (the loop and the hot path) and of the whole process (the sealer, the disk's threads). */
async function measure(work: () => Promise<void>): Promise<Cost> {
  const [wall, main, all] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
  await work();
  const [ownMain, ownAll] = [process.threadCpuUsage(main), process.cpuUsage(all)];
  return {
    wallMs: performance.now() - wall,
    mainUs: ownMain.user + ownMain.system,
    allUs: ownAll.user + ownAll.system,
  };
}

async function query(session: SessionRecord, number: number): Promise<void> {
  const request = { operations: SELECT, body: () => ({ media: 'application/sql', bytes: REQUEST }) };
  const record = session.request(number as ExchangeNumber, request, PERMIT);
  if (record.durable !== undefined) await record.durable;
  const behind = record.reply(REPLY);
  if (behind !== undefined) await behind;
  const recorded = record.end({ status: 'ok', rows: 20, tags: ['SELECT 20'] }, []);
  if (recorded !== undefined) await recorded;
}

async function queries(mode: RecordMode, clients: number): Promise<void> {
  await using fixture = await open();
  const sessions: SessionRecord[] = [];
  for (let i = 0; i < clients; i++) sessions.push(await aSession(fixture.log, fixture.run, `ses_${i}`, aTarget(mode)));
  let count = 0;
  const cost = await measure(async () => {
    const end = performance.now() + seconds * 1000;
    const client = async (session: SessionRecord): Promise<void> => {
      for (let number = 1; performance.now() < end; number++) {
        await query(session, number);
        count++;
        // A turn of the loop, as a socket would take one.
        if (mode === 'batched') await new Promise(setImmediate);
      }
    };
    await Promise.all(sessions.map(client));
    await fixture.log.sync();
  });
  report(`${mode}, ${clients} clients`, [
    `${Math.round((count / cost.wallMs) * 1000)} exchanges/s`,
    `main ${(cost.mainUs / count).toFixed(1)} µs`,
    `others ${((cost.allUs - cost.mainUs) / count).toFixed(1)} µs`,
  ]);
}

async function bulk(name: string, storedReplyBytes: number, partBytes: number): Promise<void> {
  await using fixture = await open();
  const session = await aSession(fixture.log, fixture.run, 'ses_1', aTarget('strict', storedReplyBytes));
  const parts = Array.from({ length: PARTS }, (_, i) => rows(partBytes, i));
  let bytes = 0;
  const cost = await measure(async () => {
    const request = { operations: SELECT, body: () => ({ media: 'application/sql', bytes: REQUEST }) };
    const record = session.request(1 as ExchangeNumber, request, PERMIT);
    await record.durable;
    const end = performance.now() + seconds * 1000;
    for (let i = 0; performance.now() < end; i++) {
      const part = parts[i % PARTS] as Buffer;
      const behind = record.reply(part);
      if (behind !== undefined) await behind;
      bytes += part.length;
    }
    await record.end({ status: 'ok', rows: 1 }, []);
  });
  report(name, [
    `${Math.round(bytes / 1e6 / (cost.wallMs / 1000))} MB/s`,
    `main ${((cost.mainUs * 1000) / bytes).toFixed(3)} ns/B`,
    `others ${(((cost.allUs - cost.mainUs) * 1000) / bytes).toFixed(3)} ns/B`,
  ]);
}

/** Different parts, so that compression finds what it would find in rows, and not the same rows again. */
const PARTS = 128;

function rows(bytes: number, seed: number): Buffer {
  const part = Buffer.alloc(bytes);
  let state = seed + 1;
  for (let at = 0; at < bytes; ) {
    state = (state * 48_271) % 2_147_483_647;
    at += part.write(
      `${state}\tcustomer ${state % 9_973}\t${(state % 100_003) / 100}\tshipped\t2026-03-${(state % 28) + 1}\n`,
      at,
    );
  }
  return part;
}

async function open() {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const log = await openAuditLog({ directory: join(directory, 'audit'), origin: ORIGIN, limits: LIMITS });
  const run = aRun('run_1');
  await log.openRun(run, {});
  return {
    log,
    run,
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function report(name: string, figures: readonly string[]): void {
  console.log(`${name.padEnd(34)} ${figures.map((figure) => figure.padEnd(20)).join('')}`);
}

for (const mode of ['batched', 'strict'] as const) for (const clients of [1, 8, 32]) await queries(mode, clients);
await bulk('bulk, 16 MiB of it stored', LIMITS.storedReplyBytes, 128 * 1024);
await bulk('bulk, all of it stored', Number.MAX_SAFE_INTEGER, 128 * 1024);
