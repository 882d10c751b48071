/** Many requests held at once, with nothing made up: a gateway in a process of its own, its log, its approvals, PostgreSQL. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Crowd, heldTable, logIn, reachedByCount, rowsByCount } from '../support/held-crowd.ts';
import { type HeldGateway, startHeldGateway } from '../support/held-gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { summary } from '../support/raw-postgres.ts';

const CLIENTS = 60;

describe('sixty requests held at once', () => {
  let directory: string;
  let server: PostgresServer;
  let gateway: HeldGateway;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'held-'));
    server = await startPostgres({ settings: { max_connections: '100' }, sql: heldTable(2 * CLIENTS) });
    gateway = await startHeldGateway({ directory, server, runs: 3 });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('two people answer all of them at once: each runs once, and nobody else waits for that', async () => {
    await using crowd = await Crowd.connect(gateway, CLIENTS, 1);
    const ids = await crowd.ask();
    assert.equal(new Set(ids).size, 60);
    await gateway.settled(60);
    await using other = await logIn(gateway, 0);
    assert.equal(summary(await other.query('select 1')), 'T D C Z:I');
    assert.deepEqual(await reachedByCount(server), {});
    const answers = crowd.answers();
    assert.deepEqual(await gateway.decide(ids), { approved: 60, 'approval-over': 60 });
    assert.deepEqual(await answers, { 'C Z:I': 60 });
    assert.deepEqual(await reachedByCount(server), { 1: 60 });
    assert.deepEqual(await rowsByCount(server), { 0: 60, 1: 60 });
    const { pending, approved, used, holding } = await gateway.counts();
    assert.deepEqual({ pending, approved, used, holding }, { pending: 0, approved: 60, used: 60, holding: 0 });
    await gateway.collect();
  });

  test('of those that leave, none reaches the server, whatever people say; the others go on', async () => {
    const crowd = await Crowd.connect(gateway, CLIENTS, CLIENTS + 1);
    const ids = await crowd.ask();
    assert.equal(crowd.halfLeaves(), 30);
    await gateway.waiting(30);
    const answers = crowd.answers();
    assert.deepEqual(await gateway.decide(ids), { approved: 30, 'approval-over': 90 });
    assert.deepEqual(await answers, { '': 30, 'C Z:I': 30 });
    assert.deepEqual(await reachedByCount(server), { 1: 90 });
    assert.deepEqual(await rowsByCount(server), { 0: 30, 1: 90 });
    // The places count from 0, the rows of this crowd from 61.
    const [ofThoseWhoLeft] = await server.query('select sum(n)::int as n from held where id > 60 and id % 2 = 1');
    assert.deepEqual(ofThoseWhoLeft, { n: 0 });
    const { cancelled, used, holding } = await gateway.counts();
    assert.deepEqual({ cancelled, used, holding }, { cancelled: 30, used: 90, holding: 0 });
    await gateway.collect();
    await crowd[Symbol.asyncDispose]();
  });
});
