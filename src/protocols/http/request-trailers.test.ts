import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { readHttpMessage } from '../../model/http-message.ts';
import { Secret } from '../../model/secret.ts';
import type { Policy } from '../../policy/policy.ts';

const NOT_DANGER: Policy = {
  ...PERMIT_ALL,
  name: 'no danger',
  effect: 'deny',
  http: { headers: { 'x-mode': ['danger'] } },
};
const SMALL: Policy = { ...PERMIT_ALL, name: 'small', http: { body: { size: ['small'] } } };

type Trailers = Readonly<Record<string, string>>;
interface Seen {
  readonly body: string;
  readonly trailers: Trailers;
  readonly isWhole: boolean;
}

describe('the fields behind the body of a request', () => {
  const suite = {} as { server: ReturnType<typeof createServer>; gateway: TestGateway; authorization: string };
  /** What the server got, in turn; also of requests that broke off. */
  const seen: Seen[] = [];

  before(async () => {
    suite.server = createServer((incoming, reply) => {
      let body = '';
      incoming.on('data', (bytes: Buffer) => (body += bytes.toString()));
      // That it broke off, `close` tells.
      incoming.on('error', () => undefined);
      incoming.on('close', () => {
        seen.push({ body, trailers: { ...incoming.trailers } as Trailers, isWhole: incoming.complete });
      });
      incoming.on('end', () => reply.end('ok'));
    });
    suite.server.listen(0, '127.0.0.1');
    await once(suite.server, 'listening');
    const { port } = suite.server.address() as AddressInfo;
    const keyed = { user: '', http: { kind: 'header', name: 'x-team', value: new Secret('team-secret') } } as const;
    const place = { host: '127.0.0.1', port };
    const aws = { basePath: '', hosts: [], version: 'auto', dialect: 'aws' } as const;
    suite.gateway = await startHttpGateway({
      targets: [
        httpTarget(place),
        httpTarget(place, { name: 'keyed', credential: keyed }),
        httpTarget(place, { name: 'aws', http: aws }),
      ],
      policies: [PERMIT_ALL, NOT_DANGER],
    });
    const { user, password } = await suite.gateway.grant();
    suite.authorization = `Bearer ${user}.${password}`;
  });
  after(async () => {
    await suite.gateway?.[Symbol.asyncDispose]();
    suite.server?.closeAllConnections();
    suite.server?.close();
  });

  /** The status that a request in chunks gets over HTTP/1.1. */
  async function post(trailers: Trailers, body = 'one', { target = 'api', headers = {} } = {}): Promise<number> {
    const { authorization, gateway } = suite;
    const asked = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: `/t/${target}/up`,
      // A connection on which something was refused ends.
      agent: false,
      method: 'POST',
      headers: { authorization, 'transfer-encoding': 'chunked', ...headers },
    });
    const replied = once(asked, 'response') as Promise<[IncomingMessage]>;
    asked.write(body);
    asked.addTrailers(trailers);
    asked.end();
    const [reply] = await replied;
    await once(reply.resume(), 'end');
    return reply.statusCode ?? 0;
  }

  /** The status that a call over HTTP/2 gets, and what came behind its body. */
  async function call(trailers: Trailers): Promise<number> {
    const session = connect(`http://127.0.0.1:${suite.gateway.port}`);
    const head = { ':method': 'POST', ':path': '/t/api/up', authorization: suite.authorization };
    const stream = session.request(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    const replied = once(stream, 'response') as Promise<[{ readonly ':status': number }]>;
    stream.end('two');
    const [{ ':status': status }] = await replied;
    await once(stream.resume(), 'end');
    session.close();
    return status;
  }

  async function last(count: number): Promise<Seen | undefined> {
    while (seen.length < count) await new Promise((resolve) => setImmediate(resolve));
    return seen.at(-1);
  }

  test('reach the server over either version, and are on record', async () => {
    suite.gateway.setPolicies([PERMIT_ALL, NOT_DANGER]);
    const from = seen.length;
    assert.equal(await post({ 'x-sum': 'abc' }), 200);
    assert.deepEqual(await last(from + 1), { body: 'one', trailers: { 'x-sum': 'abc' }, isWhole: true });
    assert.equal(await call({ 'x-sum': 'def' }), 200);
    assert.deepEqual(await last(from + 2), { body: 'two', trailers: { 'x-sum': 'def' }, isWhole: true });
    const events = await recorded(suite.gateway);
    const input = events.filter(({ event }) => event.kind === 'input').map(({ body }) => body.toString());
    assert.match(input.join('|'), /onex-sum: abc\r\n|one\|x-sum: abc\r\n/);
    const tags = events.flatMap(({ event }) => event.result?.tags ?? []);
    assert.deepEqual(tags, ['request trailers 12', 'request trailers 12']);
  });

  test('are decided as fields of the head before the server sees the end of the body', async () => {
    suite.gateway.setPolicies([PERMIT_ALL, NOT_DANGER]);
    const from = seen.length;
    assert.equal(await post({ 'x-mode': 'danger' }), 403);
    assert.equal((await last(from + 1))?.isWhole, false);
    assert.equal(await call({ 'x-mode': 'danger' }), 403);
    assert.equal((await last(from + 2))?.isWhole, false);
    assert.equal(await post({ 'x-mode': 'calm' }), 200);
  });

  test('are decided and recorded with the body where that is read first', async () => {
    suite.gateway.setPolicies([SMALL, NOT_DANGER]);
    const from = seen.length;
    const json = { headers: { 'content-type': 'application/json' } };
    assert.equal(await post({ 'x-mode': 'danger' }, '{"size":"small"}', json), 403);
    assert.equal(seen.length, from);
    assert.equal(await post({ 'x-sum': 'abc' }, '{"size":"small"}', json), 200);
    assert.deepEqual((await last(from + 1))?.trailers, { 'x-sum': 'abc' });
    const asked = (await recorded(suite.gateway)).findLast(({ event }) => event.kind === 'request');
    const { body, trailers } = readHttpMessage(asked?.body ?? Buffer.alloc(0));
    assert.deepEqual([body.toString(), trailers], ['{"size":"small"}', [['x-sum', 'abc']]]);
  });

  const forbidden: readonly (readonly [string, Trailers, object?])[] = [
    ['who asks', { authorization: 'Bearer other' }],
    ['a secret', { 'x-api-key': 'other' }],
    ['where the client is', { 'x-forwarded-for': '127.0.0.1' }],
    ['another method', { 'x-http-method-override': 'DELETE' }],
    ['what the gateway is told', { 'chaperone-grant': 'a.b' }],
    ['a length', { 'content-length': '3' }],
    ['what the head says as well', { 'x-mode': 'calm' }, { headers: { 'x-mode': 'calm' } }],
    ["the name of the gateway's own proof", { 'x-team': 'mine' }, { target: 'keyed' }],
    ['what no signature covers', { 'x-sum': 'abc' }, { target: 'aws' }],
  ];
  for (const [what, trailers, how] of forbidden) {
    test(`are refused where they say ${what}`, async () => {
      suite.gateway.setPolicies([PERMIT_ALL]);
      const from = seen.filter(({ isWhole }) => isWhole).length;
      assert.equal(await post(trailers, 'one', how), 400);
      assert.equal(seen.filter(({ isWhole }) => isWhole).length, from);
    });
  }
});
