/**
 * Garbage, before the login and after it. For a long run: `CHAPERONE_FUZZ_SECONDS=600 npm test -- test/fuzz`, with
 * `CHAPERONE_FUZZ_SEED` to make a run again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { Fault } from '../../src/model/fault.ts';
import { startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import type { TestGrant } from '../support/static-control-plane.ts';
import { Dice, damaged, openings, pieces, REQUESTS } from './mutations.ts';

const SECONDS = Number(process.env['CHAPERONE_FUZZ_SECONDS'] ?? '0');
const SEED = Number(process.env['CHAPERONE_FUZZ_SEED'] ?? '20261122');
/** Without a time, so many cases of each kind. */
const CASES = 150;
/** What the process may grow by while it takes garbage: buffers and code, but nothing that adds up. */
const MAX_GROWTH_BYTES = 300 * 1024 * 1024;

describe('garbage on the PostgreSQL port', () => {
  let server: PostgresServer;
  let gateway: TestGateway;
  let grant: TestGrant;

  before(async () => {
    server = await startPostgres({ settings: { statement_timeout: '2s' } });
    gateway = await startGateway({ targets: [targetFor(server)], limits: { admissionDeadlineMs: 1_000 } });
    grant = await gateway.grant({ seconds: 36_000 });
    await assertServes();
  });

  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  it('before the login ends its own connection and nothing else', { timeout: (SECONDS + 120) * 1000 }, async () => {
    const messages = openings(grant.user, 'shop');
    await fuzz(async (dice) => {
      const socket = connect({ host: gateway.host, port: gateway.port });
      await once(socket, 'connect');
      await throwAt(socket, dice, damaged(dice, messages));
    });
  });

  it('in a session ends that session at most', { timeout: (SECONDS + 120) * 1000 }, async () => {
    await fuzz(async (dice) => {
      const client = await logIn();
      await throwAt(socketOf(client), dice, damaged(dice, REQUESTS));
    });
  });

  /** Runs cases from the seed; the gateway must serve all the while, without a fault of its own, in bounded memory. */
  async function fuzz(one: (dice: Dice) => Promise<void>): Promise<void> {
    const before = process.memoryUsage().rss;
    const until = performance.now() + SECONDS * 1000;
    for (let i = 0; SECONDS > 0 ? performance.now() < until : i < CASES; i++) {
      await one(new Dice(SEED + i));
      const ours = gateway.faults.filter((fault) => !(fault instanceof Fault) || fault.code === 'internal');
      assert.deepEqual(ours, [], `case ${i} of seed ${SEED} is a fault of the gateway`);
      if (i % 50 === 0) await assertServes();
    }
    await assertServes();
    assert.ok(process.memoryUsage().rss - before < MAX_GROWTH_BYTES, 'memory grew beyond its bound');
  }

  async function assertServes(): Promise<void> {
    const client = await logIn();
    const { rows } = await client.query('select 6 * 7 as answer');
    await client.end();
    assert.deepEqual(rows, [{ answer: 42 }]);
  }

  async function logIn(): Promise<Client> {
    const { host, port } = gateway;
    const client = new Client({ host, port, user: grant.user, password: grant.password, database: 'shop' });
    client.on('error', ignoreGarbageAnswer);
    await client.connect();
    return client;
  }
});

/** Sends in pieces, reads whatever comes for a moment, and leaves in one of the ways that clients leave. */
async function throwAt(socket: Socket, dice: Dice, bytes: Buffer): Promise<void> {
  socket.removeAllListeners('data');
  socket.on('error', ignoreGarbageAnswer);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const piece of pieces(dice, bytes)) if (!socket.destroyed) socket.write(piece);
  if (dice.roll(3) === 0) socket.end();
  const waiting = new AbortController();
  const moment = setTimeout(() => waiting.abort(), 5 + dice.roll(20));
  await Promise.race([closed, once(waiting.signal, 'abort')]);
  clearTimeout(moment);
  if (dice.roll(2) === 0) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

/** The driver keeps its socket where its types do not show it. */
function socketOf(client: Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/** That a connection breaks under garbage is what is expected of it. */
function ignoreGarbageAnswer(): void {}
