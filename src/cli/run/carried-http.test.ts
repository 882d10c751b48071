import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { type CarriedRun, openCarriedRun } from '../../../test/support/carried-run.ts';
import { logNotes, onlySession } from '../../../test/support/session-events.ts';
import { until } from '../../../test/support/until.ts';
import { commandEnvironment } from './environment/command-environment.ts';

const POLICY = `
  - { name: ask the web, principals: any, targets: [web], operations: [read], effect: permit }
`;

describe('an HTTP target of a run that is carried through one HTTPS port', () => {
  let web: Server;
  let api: TestApi;
  before(async () => {
    web = createServer(({ method, url, headers }, reply) => {
      reply.end(JSON.stringify({ method, url, proved: headers.authorization === 'Bearer target-token' }));
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    api = await startApi({ policies: POLICY, web: { host: '127.0.0.1', port: (web.address() as AddressInfo).port } });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    web?.closeAllConnections();
    await new Promise((resolve) => web?.close(resolve));
  });

  test('is asked at its listener by its password, as all of it, and the record says how that came', async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const [target] = run.context.targets;
    assert.ok(target);
    const base = `http://${target.host}:${target.port}`;
    const ask = (path: string, password: string) =>
      fetch(base + path, { headers: { authorization: `Bearer ${target.user}.${password}` } });
    const reply = await ask('/a?b', target.password.reveal());
    assert.deepEqual([reply.status, await reply.json()], [200, { method: 'GET', url: '/a?b', proved: true }]);
    assert.equal((await ask('/a', 'wrong')).status, 401);
    assert.equal((await fetch(base)).status, 401);
    await until(async () => (await logNotes(api, 'login.refused')).length > 0);
    const { opening } = await onlySession(api, run.context.runId);
    assert.equal(opening.carrier, 'websocket');
    assert.match(opening.grant.keyThumbprint ?? '', /^[\w-]{43}$/);
  });

  test('is told in the outcome of its run by the line of what was refused, without fields', async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const [target] = run.context.targets;
    assert.ok(target);
    const headers = { authorization: `Bearer ${target.user}.${target.password.reveal()}`, 'x-note': 'hello' };
    const refused = await fetch(`http://${target.host}:${target.port}/orders/3?now`, { method: 'DELETE', headers });
    assert.equal(refused.status, 403);
    const closed = await run.end();
    assert.deepEqual(
      closed?.outcome?.refusals.map(({ text }) => text),
      ['DELETE /orders/3?now'],
    );
  });

  test("is reached by its own name through a tunnel, which shows a certificate of the gateway's authority", async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const [target] = run.context.targets;
    assert.ok(target);
    const { host, port, user, password } = target;
    const headers = { host: 'shop.test:443', 'proxy-authorization': `Bearer ${user}.${password.reveal()}` };
    const socket = await new Promise<Socket>((resolve, reject) => {
      const asked = request({ host, port, method: 'CONNECT', path: 'shop.test:443', headers });
      asked.once('connect', ({ statusCode }, opened) => {
        if (statusCode === 200) resolve(opened);
        else reject(new Error(`the tunnel was answered by ${statusCode}`));
      });
      asked.once('error', reject).end();
    });
    const ca = await readFile(join(api.directory, 'tls', 'ca.crt'), 'utf8');
    const secure = connect({ socket, servername: 'shop.test', ca, ALPNProtocols: ['http/1.1'] });
    secure.write('GET /inside HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n');
    let said = '';
    for await (const piece of secure) said += String(piece);
    assert.match(said, /^HTTP\/1.1 200 OK\r\n[\s\S]*"url":"\/inside","proved":true/);
  });

  test("is reached by its own name by a client that only knows the run's variables, and no other host is", async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const { env } = await commandEnvironment({
      context: run.context,
      rules: { env: [], inheritAll: false, ofAgent: [] },
      base: { PATH: process.env['PATH'] },
      random: (bytes) => new Uint8Array(bytes).fill(1),
    });
    const curl = (...args: string[]) =>
      new Promise<string>((resolve, reject) => {
        execFile('curl', ['-sS', ...args], { env }, (fault, stdout) => (fault ? reject(fault) : resolve(stdout)));
      });
    const answer = (path: string) => JSON.stringify({ method: 'GET', url: path, proved: true });
    assert.equal(await curl('https://shop.test/tls'), answer('/tls'));
    assert.equal(await curl('http://shop.test/plain'), answer('/plain'));
    assert.equal(await curl(`${env['CHAPERONE_URL_WEB']}by-url`), answer('/by-url'));
    assert.match(await curl('http://elsewhere.test/'), /"code":"target-unknown"/);
    assert.equal(
      await curl('-o', '/dev/null', '-w', '%{http_code}', '-x', proxyOf(run, 'wrong'), 'http://shop.test/'),
      '407',
    );
  });

  test('is asked at the native port by a grant that is bound to no key', async () => {
    const { user, password } = await api.grant();
    const reply = await fetch(`http://127.0.0.1:${api.httpPort}/t/web/native`, {
      headers: { authorization: `Bearer ${user}.${password}` },
    });
    assert.deepEqual([reply.status, await reply.json()], [200, { method: 'GET', url: '/native', proved: true }]);
  });
});

function proxyOf({ context: { proxy } }: CarriedRun, password: string): string {
  assert.ok(proxy);
  return `http://${proxy.user}:${password}@127.0.0.1:${proxy.port}`;
}
