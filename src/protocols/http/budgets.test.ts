import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import type { Policy } from '../../policy/policy.ts';
import { openStore } from '../../store/store.ts';
import { rowFinder } from './reply-rows.ts';

type Limit = NonNullable<Policy['limit']>[number];

const ROWS = JSON.stringify(Array.from({ length: 10 }, (_, id) => ({ id, tags: ['a', 'b'] })));

describe('a budget over HTTP', () => {
  const suite = {} as { directory: string; server: Awaited<ReturnType<typeof startServer>>; stores: number };

  before(async () => {
    suite.directory = await mkdtemp(join(tmpdir(), 'http-budgets-'));
    suite.server = await startServer();
    suite.stores = 0;
  });
  after(async () => {
    await suite.server?.[Symbol.asyncDispose]();
    if (suite.directory !== undefined) await rm(suite.directory, { recursive: true, force: true });
  });

  async function open(limit: Limit, more: Partial<Policy> = {}) {
    await using parts = new AsyncDisposableStack();
    const store = parts.use(await openStore({ file: join(suite.directory, `${++suite.stores}.db`) }));
    const faults: unknown[] = [];
    const budgets = parts.use(new BudgetService({ store, onFault: (fault) => faults.push(fault) }));
    const policies = [{ ...PERMIT_ALL, limit: [limit], ...more }];
    const gateway = parts.use(await startHttpGateway({ targets: [httpTarget(suite.server)], policies, budgets }));
    const { user, password } = await gateway.grant();
    const opened = parts.move();
    return {
      gateway,
      faults,
      ask: (path: string, method = 'GET') => ask(gateway, path, method, `Bearer ${user}.${password}`),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  }

  test('of requests of a run refuses the next one, and says so', async () => {
    await using it = await open({ measure: 'statements', most: 2, per: 'run' });
    assert.deepEqual([(await it.ask('/one')).status, (await it.ask('/rows')).status], [200, 200]);
    const { status, body } = await it.ask('/one');
    assert.equal(status, 429);
    assert.match(body, /2 statements per run; 2 of 2 are spent","code":"budget-exceeded"/);
    assert.deepEqual(it.faults, []);
  });

  test('of rows lets a reply through that has them, and ends one that has more at the row', async () => {
    await using it = await open({ measure: 'rowsRead', most: 10, per: 'statement' });
    assert.equal((await it.ask('/rows')).body, ROWS);
    assert.equal((await it.ask('/zipped')).body, ROWS);
    await assert.rejects(it.ask('/slow'), /aborted|hang up/);
    assert.equal((await it.ask('/rows')).status, 200);
    const kept = await recorded(it.gateway);
    const reply = kept.find(({ event }) => event.result?.status === 'refused');
    assert.deepEqual(reply?.event.result, { code: 'budget-exceeded', rows: '10', status: 'refused' });
    assert.match(reply?.body.toString() ?? '', /\{"id":9\},$/);
  });

  test('of rows of a run is spent by all its replies, and nothing more is asked for', async () => {
    await using it = await open({ measure: 'rowsRead', most: 11, per: 'run' });
    assert.equal((await it.ask('/rows')).status, 200);
    assert.equal((await it.ask('/one')).status, 200);
    const before = suite.server.asked;
    assert.equal((await it.ask('/one')).status, 429);
    assert.equal(suite.server.asked, before);
  });

  test('of bytes ends a reply before those that do not fit', async () => {
    await using it = await open({ measure: 'bytes', most: 100_000, per: 'statement' });
    assert.equal((await it.ask('/one')).status, 200);
    await assert.rejects(it.ask('/large').then(({ status }) => assert.equal(status, 200)));
  });

  test('of changes counts each request that is not known to read, before it is sent', async () => {
    await using it = await open({ measure: 'rowsChanged', most: 1, per: 'run' });
    assert.equal((await it.ask('/rows')).status, 200);
    assert.equal((await it.ask('/one', 'POST')).status, 200);
    const before = suite.server.asked;
    assert.equal((await it.ask('/one', 'DELETE')).status, 429);
    assert.equal(suite.server.asked, before);
    assert.equal((await it.ask('/rows')).status, 200);
  });

  test('counts what is masked as well, and both hold', async () => {
    await using it = await open({ measure: 'rowsRead', most: 2, per: 'statement' }, { mask: ['email'] });
    assert.equal((await it.ask('/people')).body, '[{"e":"[redacted]"},{"e":"[redacted]"}]');
    await assert.rejects(it.ask('/rows'), /aborted|hang up/);
  });
});

describe('a row', () => {
  const rowsIn = (type: string, text: string): number => {
    const whole = rowFinder(type).push(Buffer.from(text));
    const finder = rowFinder(type);
    const places = Array.from(Buffer.from(text), (byte, at) => finder.push(Buffer.from([byte])).map(() => at)).flat();
    assert.deepEqual(places, whole, text);
    return whole.length;
  };

  test('is an element of a list at the top, an object or list in any outermost list, or the whole', () => {
    const cases: readonly (readonly [text: string, rows: number])[] = [
      ['[1,"a",null,{"b":[1,2]},[3]]', 5],
      ['[]', 1],
      ['{"a":1}', 1],
      ['{"tags":["a","b"]}', 1],
      ['{"data":[{"x":[{},{}]},{}],"next":"a,[{"}', 2],
      ['{"hits":{"hits":[{},{},{}]},"aggs":[{}]}', 4],
      ['{"data":{"items":{"edges":[{"node":{}},{"node":{}}]}}}', 2],
      ['{"a":1}\n{"a":2}\n{"a":[{},{}]}\n', 4],
      ['"a"', 1],
      ['', 0],
    ];
    for (const [text, rows] of cases) assert.equal(rowsIn('application/json', text), rows, text);
    assert.equal(rowsIn('text/plain', '[{},{}]'), 2);
    assert.equal(rowsIn('text/plain', 'a\nb\n'), 1);
  });

  test('is a line of CSV but for the first, and an event', () => {
    assert.equal(rowsIn('text/csv', 'a,b\r\n1,"x\ny"\r\n2,3\r\n'), 2);
    assert.equal(rowsIn('text/csv', 'a,b\n'), 1);
    assert.equal(rowsIn('text/event-stream', 'data: a\n\ndata: b\r\n\r\n\r\n: c\n\n'), 3);
  });
});

function ask({ port }: TestGateway, path: string, method: string, authorization: string) {
  return new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: `/t/api${path}`, method, headers: { authorization } });
    asked.once('error', reject);
    asked.once('response', (reply) => {
      buffer(reply).then((bytes) => resolve({ status: reply.statusCode ?? 0, body: bytes.toString() }), reject);
    });
    asked.end();
  });
}

async function startServer() {
  const seen = { asked: 0 };
  const server = createServer((incoming, reply) => {
    seen.asked++;
    incoming.resume();
    const path = incoming.url;
    if (path === '/zipped') return reply.setHeader('content-encoding', 'gzip').end(gzipSync(ROWS));
    if (path === '/large') return reply.end(Buffer.alloc(2_000_000));
    if (path === '/people') return reply.end('[{"e":"a@example.com"},{"e":"b@example.com"}]');
    if (path !== '/slow') return reply.end(path === '/rows' ? ROWS : '{"id":1}');
    reply.write('[{"id":0}');
    const next = (id: number): void => {
      if (id < 50) reply.write(`,{"id":${id}}`, () => setImmediate(next, id + 1));
      else reply.end(']');
    };
    return next(1);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get asked() {
      return seen.asked;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
