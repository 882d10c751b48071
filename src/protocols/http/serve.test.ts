import assert from 'node:assert/strict';
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { connect, createSecureContext } from 'node:tls';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import type { TestGrant } from '../../../test/support/static-control-plane.ts';
import type { Policy } from '../../policy/policy.ts';

const bearer = ({ user, password }: TestGrant): string => `Bearer ${user}.${password}`;

describe('a request through the gateway', () => {
  test('takes no cookies along, brings none back, and its reply does not repeat the credential', async () => {
    await using server = await echoServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const headers = { authorization: bearer(await gateway.grant()), cookie: 'a=1' };
    const reply = await ask(gateway, { path: '/t/api/a', headers });
    const seen = JSON.parse(reply.body) as { headers: Record<string, string> };
    assert.deepEqual(
      [seen.headers['cookie'], seen.headers['authorization'], reply.headers['set-cookie']],
      [undefined, 'Bearer ************', undefined],
    );
    assert.equal(
      (await recorded(gateway)).some(({ body }) => body.includes('target-token')),
      false,
    );
  });

  test("reaches its target with the target's credential and without the client's, and is on record", async () => {
    await using server = await echoServer();
    const http = { basePath: '', hosts: [], version: 'auto', cookies: true } as const;
    await using gateway = await startHttpGateway({ targets: [httpTarget(server, { http })] });
    const headers = { authorization: bearer(await gateway.grant()), cookie: 'a=1', 'x-forwarded-for': '1.2.3.4' };
    const reply = await ask(gateway, {
      path: '/t/api/a/./b%61?x=1&token=hidden',
      headers,
      method: 'POST',
      body: '{"n":1}',
    });
    const seen = JSON.parse(reply.body) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      body: string;
    };
    assert.deepEqual(
      [reply.status, seen.method, seen.url, seen.body],
      [201, 'POST', '/a/ba?x=1&token=hidden', '{"n":1}'],
    );
    assert.deepEqual(reply.headers['set-cookie'], ['session=secret']);
    const { authorization, host, cookie } = seen.headers;
    assert.deepEqual([authorization, host, cookie], ['Bearer ************', `127.0.0.1:${server.port}`, 'a=1']);
    assert.equal(seen.headers['x-forwarded-for'], undefined);
    const kept = await recorded(gateway);
    const [asked, told] = ['request', 'reply'].map((kind) => kept.find(({ event }) => event.kind === kind));
    assert.match(
      asked?.body.toString('latin1') ?? '',
      /^POST \/a\/ba\?x=1&token=sha-256=:[\w+/=]{44}: HTTP\/1.1\r\nhost: 127.0.0.1:\d+\r\ncookie: sha-256=:[\w+/=]{44}:\r\n(?:[\w-]+: [^\r]*\r\n)*content-length: 7\r\n\r\n\{"n":1\}$/,
    );
    assert.match(
      told?.body.toString('latin1') ?? '',
      /^HTTP\/1.1 201 Created\r\n(?:[\w-]+: [^\r]*\r\n)*set-cookie: sha-256=:[\w+/=]{44}:\r\n(?:[\w-]+: [^\r]*\r\n)*\r\n\{"method":"POST"/,
    );
    assert.deepEqual(told?.event.result, { status: 'ok', code: '201', rows: '0' });
    assert.deepEqual(asked?.event.op?.[0]?.http, { method: 'POST' });
  });

  test('is answered alike whether its grant or its target is not there, and names what it shows nothing for', async () => {
    await using server = await echoServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const grant = await gateway.grant();
    const status = async (path: string, headers: Record<string, string>) =>
      (await ask(gateway, { path, headers })).status;
    assert.deepEqual(
      [
        await status('/t/api/', {}),
        await status('/t/nothing/', {}),
        await status('/', {}),
        await status('/t/api/', { authorization: 'Bearer grt_x.y' }),
        await status('/t/nothing/', { authorization: 'Bearer grt_x.y' }),
        await status('/', { authorization: 'Bearer grt_x.y' }),
        await status('http://elsewhere.test/', { host: 'elsewhere.test' }),
        await status('http://elsewhere.test/', { 'proxy-authorization': 'Bearer grt_x.y', host: 'elsewhere.test' }),
        await status('/', { authorization: bearer(grant) }),
        await status('/t/nothing/', { authorization: bearer(grant) }),
        await status('http://elsewhere.test/', { 'proxy-authorization': bearer(grant), host: 'elsewhere.test' }),
      ],
      [401, 401, 401, 401, 401, 401, 407, 407, 404, 404, 403],
    );
    const basic = `Basic ${Buffer.from(`${grant.user}:${grant.password}`).toString('base64')}`;
    assert.equal(await status('/t/api/', { authorization: basic }), 201);
    assert.equal(await status('/t/api/', { 'chaperone-grant': bearer(grant).slice(7), authorization: 'AWS4 x' }), 201);
    assert.equal(await status('/x', { authorization: bearer(grant), host: 'api.gateway.test' }), 201);
    assert.equal(await status('http://127.0.0.1/x', { 'proxy-authorization': bearer(grant), host: '127.0.0.1' }), 201);
  });

  test('that is for a host of no target is in the log, by the digest of its name', async () => {
    const notes: unknown[] = [];
    await using server = await echoServer();
    await using gateway = await startHttpGateway({
      targets: [httpTarget(server)],
      wrapLog: (log) => ({
        openRun: (...args) => log.openRun(...args),
        closeRun: (...args) => log.closeRun(...args),
        openSession: (...args) => log.openSession(...args),
        sync: () => log.sync(),
        [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
        note: (entry) => {
          notes.push(entry);
          return log.note(entry);
        },
      }),
    });
    const grant = await gateway.grant();
    const headers = { 'proxy-authorization': bearer(grant), host: 'elsewhere.test' };
    for (let i = 0; i < 2; i++) await ask(gateway, { path: 'http://elsewhere.test/secret', headers });

    assert.equal(notes.length, 1);
    const { kind, detail } = notes[0] as { kind: string; detail: Record<string, string> };
    assert.deepEqual(
      { kind, ...detail, place: detail['place']?.length },
      {
        kind: 'login.refused',
        grant: grant.user,
        run: grant.principal.run.id,
        target: 'none',
        place: 64,
        code: 'target-unknown',
      },
    );
  });

  test('of another grant on the same connection is in a session of its own', async () => {
    await using server = await echoServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const [one, other] = [await gateway.grant(), await gateway.grant()];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (const grant of [one, other, one]) {
        await ask(gateway, { path: '/t/api/', headers: { authorization: bearer(grant) }, agent });
      }
      assert.equal(
        (await ask(gateway, { path: '/t/api/', headers: { authorization: `${bearer(one)}x` }, agent })).status,
        401,
      );
      assert.deepEqual(
        gateway.live.list().map(({ principal, exchanges }) => [principal.grant.id, exchanges]),
        [
          [one.user, 2],
          [other.user, 1],
        ],
      );
      gateway.revoke(one);
      assert.equal(
        (await ask(gateway, { path: '/t/api/', headers: { authorization: bearer(one) }, agent })).status,
        401,
      );
      assert.equal(
        (await ask(gateway, { path: '/t/api/', headers: { authorization: bearer(other) }, agent })).status,
        201,
      );
    } finally {
      agent.destroy();
    }
  });

  test('that is refused is told so as a problem, and the connection goes on', async () => {
    const noDelete: Policy = {
      name: 'no delete',
      principals: 'any',
      targets: 'any',
      operations: ['delete'],
      effect: 'deny',
    };
    await using server = await echoServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)], policies: [PERMIT_ALL, noDelete] });
    const headers = { authorization: bearer(await gateway.grant()) };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const denied = await ask(gateway, {
        path: '/t/api/x',
        method: 'DELETE',
        headers,
        agent,
        body: 'x'.repeat(100_000),
      });
      const { type, status, code, rule } = JSON.parse(denied.body) as Record<string, unknown>;
      assert.equal(denied.headers['content-type'], 'application/problem+json');
      assert.deepEqual(
        [denied.status, type, status, code, rule],
        [403, 'urn:chaperone:refusal:policy-denied', 403, 'policy-denied', 'no delete'],
      );
      assert.equal((await ask(gateway, { path: '/t/api/x', headers, agent })).status, 201);
      const ambiguous = await ask(gateway, { path: '/t/api/a%2fb', headers, agent });
      assert.deepEqual([ambiguous.status, ambiguous.headers['chaperone-refusal']], [400, 'protocol-malformed']);
      assert.equal((await ask(gateway, { path: '/t/api/x', headers, agent })).status, 201);
      assert.equal(gateway.live.size, 1);
      assert.deepEqual(server.asked, ['GET /x', 'GET /x']);
    } finally {
      agent.destroy();
    }
  });

  test('that is held says where its approval is, once its client waits no longer', async () => {
    const people = new FakeApprovals();
    const ask1: Policy = {
      ...PERMIT_ALL,
      name: 'ask',
      approve: { group: 'ops', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
    };
    await using server = await echoServer();
    await using gateway = await startHttpGateway({
      targets: [httpTarget(server)],
      policies: [ask1],
      approvals: people,
    });
    const headers = { authorization: bearer(await gateway.grant()), prefer: 'respond-async, wait=0' };
    const reply = await ask(gateway, { path: '/t/api/x', headers });
    const { code, approval, approvalUrl } = JSON.parse(reply.body) as Record<string, string>;
    const [asked] = people.asked;
    assert.deepEqual(
      [reply.status, code, approval, reply.headers['retry-after']],
      [403, 'approval-pending', asked?.id, '30'],
    );
    assert.match(approvalUrl ?? '', /^https?:/);
    const waiting = ask(gateway, { path: '/t/api/x', headers: { ...headers, prefer: 'wait=60' } });
    asked?.approve();
    assert.equal((await waiting).status, 201);
    assert.deepEqual(server.asked, ['GET /x']);
  });
});

test('a connection on which many proofs were wrong is closed', async () => {
  await using server = await echoServer();
  await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const closes: boolean[] = [];
    for (let i = 0; i < 10; i++) {
      const reply = await ask(gateway, { path: '/t/api/', headers: { authorization: `Bearer grt_x.${i}` }, agent });
      closes.push(reply.headers.connection === 'close');
    }
    assert.deepEqual(closes, [...Array<boolean>(9).fill(false), true]);
  } finally {
    agent.destroy();
  }
});

test('a shutdown lets what is under way finish, closes what is idle, and takes nothing new', async () => {
  let answer: (() => void) | undefined;
  const arrived = Promise.withResolvers<void>();
  await using server = await serverOf((_, reply) => {
    answer = () => reply.end('done');
    arrived.resolve();
  });
  await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
  const headers = { authorization: bearer(await gateway.grant()) };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const closed = Promise.withResolvers<void>();
  agent.on('free', (socket) => socket.once('close', () => closed.resolve()));
  try {
    const waiting = ask(gateway, { path: '/t/api/', headers, agent });
    await arrived.promise;
    const stopping = gateway.stop();
    answer?.();
    assert.equal((await waiting).body, 'done');
    await closed.promise;
    await stopping;
    assert.deepEqual(gateway.faults, []);
  } finally {
    agent.destroy();
  }
});

describe('a body', () => {
  test('that is long streams, in both directions, and stands on record', async () => {
    await using server = await echoServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const body = `${'0123456789abcdef'.repeat(200_000)}end`;
    const reply = await ask(gateway, {
      path: '/t/api/x',
      method: 'PUT',
      headers: { authorization: bearer(await gateway.grant()) },
      body,
    });
    assert.equal((JSON.parse(reply.body) as { body: string }).body, body);
    const kept = await recorded(gateway);
    const input = Buffer.concat(kept.filter(({ event }) => event.kind === 'input').map(({ body: bytes }) => bytes));
    assert.equal(input.toString('latin1'), body);
  });

  test('of events comes event by event', async () => {
    let next: (() => void) | undefined;
    await using server = await serverOf((_, reply) => {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.flushHeaders();
      const events = ['one', 'two'];
      next = () => {
        const event = events.shift();
        if (event === undefined) reply.end();
        else reply.write(`data: ${event}\n\n`);
      };
    });
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const authorization = bearer(await gateway.grant());
    const reply = await begin(gateway, { path: '/t/api/x', headers: { authorization } });
    const came: string[] = [];
    next?.();
    for await (const piece of reply) {
      came.push(String(piece));
      next?.();
    }
    assert.deepEqual(came, ['data: one\n\n', 'data: two\n\n']);
  });

  test('that breaks off breaks off for the client as well, and before its head is a 502', async () => {
    await using server = await serverOf(({ url }, reply) => {
      if (url === '/none') {
        reply.destroy();
        return;
      }
      reply.writeHead(200, { 'content-length': '10' });
      reply.write('12345', () => setImmediate(() => reply.destroy()));
    });
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const headers = { authorization: bearer(await gateway.grant()) };
    await assert.rejects(ask(gateway, { path: '/t/api/half', headers }), { code: 'ECONNRESET' });
    const none = await ask(gateway, { path: '/t/api/none', headers });
    assert.deepEqual([none.status, none.headers['chaperone-refusal']], [502, 'upstream-unavailable']);
    // A client would obey it without a word, and the request may have taken effect.
    assert.equal(none.headers['retry-after'], undefined);
  });
});

test('a connection that its server closed is dialled anew', async () => {
  await using server = await echoServer();
  await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
  const headers = { authorization: bearer(await gateway.grant()) };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    assert.equal((await ask(gateway, { path: '/t/api/1', headers, agent })).status, 201);
    const closed = server.closed();
    server.close();
    await closed;
    assert.equal((await ask(gateway, { path: '/t/api/2', headers, agent })).status, 201);
    assert.equal(gateway.live.list()[0]?.exchanges, 2);
  } finally {
    agent.destroy();
  }
});

test('a kept connection that its server closes as the next request comes is no fault of a read, which is asked again', async () => {
  const asked: string[] = [];
  // The second request of a connection is read, and never answered.
  await using server = await serverOf((request, reply) => {
    const isKept = kept.has(request.socket);
    kept.add(request.socket);
    asked.push(`${request.method} ${request.url}`);
    if (isKept) request.socket.destroy();
    else reply.end('here');
  });
  const kept = new WeakSet<object>();
  await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
  const headers = { authorization: bearer(await gateway.grant()) };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const statuses: unknown[] = [];
    for (const [method, path] of [
      ['GET', '1'],
      ['GET', '2'],
      ['POST', '3'],
    ] as const) {
      statuses.push((await ask(gateway, { method, path: `/t/api/${path}`, headers, agent })).status);
    }
    assert.deepEqual(statuses, [200, 200, 502]);
    assert.deepEqual(asked, ['GET /1', 'GET /2', 'GET /2', 'POST /3']);
  } finally {
    agent.destroy();
  }
});

test('a redirect leads back through the gateway, and no other way is offered', async () => {
  await using server = await serverOf((asked, reply) => {
    const location = `http://${asked.headers.host}/api/v2/there?x`;
    reply.writeHead(302, { location, 'alt-svc': 'h3=":443"', 'chaperone-refusal': 'policy-denied' }).end();
  });
  const http = { basePath: '/api', hosts: ['shop.test'], version: 'auto' } as const;
  await using gateway = await startHttpGateway({ targets: [httpTarget(server, { http })] });
  const grant = await gateway.grant();
  const byPath = await ask(gateway, { path: '/t/api/v2/here', headers: { authorization: bearer(grant) } });
  assert.deepEqual([byPath.headers.location, byPath.headers['alt-svc']], ['/t/api/v2/there?x', undefined]);
  assert.equal(byPath.headers['chaperone-refusal'], undefined);
});

test('a tunnel shows a certificate for its host, and what it carries needs no further proof', async () => {
  const authority = await makeAuthority('A test authority');
  await using server = await echoServer();
  const http = { basePath: '', hosts: ['shop.test'], version: 'auto' } as const;
  await using gateway = await startHttpGateway({
    targets: [httpTarget(server, { http })],
    http: {
      leafFor: async (host) => {
        const { certificate, key } = await authority.issue({ commonName: host, names: [host] });
        return createSecureContext({ cert: certificate, key });
      },
    },
  });
  const headers = { 'proxy-authorization': bearer(await gateway.grant()) };
  const refused = await connectTo(gateway, 'elsewhere.test:443', headers);
  assert.equal(refused.statusCode, 403);
  assert.equal((await connectTo(gateway, 'shop.test:443', {})).statusCode, 407);
  const opened = await connectTo(gateway, 'shop.test:443', headers);
  assert.equal(opened.statusCode, 200);
  const secure = connect({
    socket: opened.socket,
    servername: 'shop.test',
    ca: authority.certificate,
    ALPNProtocols: ['http/1.1'],
  });
  secure.write('GET /in?side HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n');
  let said = '';
  for await (const piece of secure) said += String(piece);
  assert.match(said, /^HTTP\/1.1 201 Created\r\n[\s\S]*"url":"\/in\?side"/);
  assert.match(said, /"authorization":"Bearer \*{12}"/);
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly agent?: Agent;
}

function begin({ port }: TestGateway, { body, ...asked }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ...asked }, resolve);
    sent.once('error', reject);
    sent.end(body);
  });
}

async function ask(gateway: TestGateway, asked: Asked) {
  const reply = await begin(gateway, asked);
  let body = '';
  for await (const piece of reply.setEncoding('utf8')) body += String(piece);
  return { status: reply.statusCode, headers: reply.headers, body };
}

function connectTo({ port }: TestGateway, path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'CONNECT', path, headers: { host: path, ...headers } });
    sent.once('connect', resolve).once('error', reject).end();
  });
}

async function serverOf(listener: RequestListener) {
  const server = createServer(listener);
  const asked: string[] = [];
  server.on('request', ({ method, url }) => asked.push(`${method} ${url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => {
    server.on('connection', (socket) => socket.once('close', () => resolve()));
  });
  return {
    host: '127.0.0.1',
    port,
    asked,
    close: () => server.closeAllConnections(),
    closed: () => closed,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Says what it was asked. */
function echoServer() {
  return serverOf((asked, reply) => {
    const pieces: Buffer[] = [];
    asked.on('data', (piece: Buffer) => pieces.push(piece));
    asked.on('end', () => {
      const { url, headers, method } = asked;
      reply.writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'session=secret' });
      reply.end(JSON.stringify({ method, url, headers, body: Buffer.concat(pieces).toString() }));
    });
  });
}
