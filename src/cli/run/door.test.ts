import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { apiClient, type CarriedRun, openCarriedRun } from '../../../test/support/carried-run.ts';
import { runOf } from '../../../test/support/session-events.ts';
import { until } from '../../../test/support/until.ts';
import { Secret } from '../../model/secret.ts';
import { renewGrant } from './grant-request.ts';
import { RunKey } from './run-key.ts';

const PATH = '/v1/carrier/people';
const KEYS = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`;

describe('the door of carried connections', () => {
  let api: TestApi;
  let run: CarriedRun;
  before(async () => {
    api = await startApi();
    run = await openCarriedRun(api);
  });
  after(async () => {
    await run[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  /** Asks for a WebSocket; what HTTP answers, or 101. */
  async function knock(headers: Readonly<Record<string, string>>, path = PATH): Promise<string> {
    const url = `${api.url}${path}`;
    const ca = readFileSync(join(api.directory, 'tls', 'ca.crt'));
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const sent = request(url, {
      ca,
      agent: false,
      headers: { ...upgrade, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers },
    });
    const answer = Promise.race([once(sent, 'response'), once(sent, 'upgrade')]);
    sent.end();
    const [response] = (await answer) as [IncomingMessage];
    if (response.statusCode === 101) {
      response.socket.destroy();
      return '101';
    }
    let text = '';
    for await (const piece of response.setEncoding('utf8')) text += String(piece);
    const { code, title } = JSON.parse(text) as { code?: string; title: string };
    return `${response.statusCode} ${code ?? title}`;
  }

  const good = (path = PATH) => apiClient(api).credentials('GET', path, run.grant);
  const withKeys = async (path = PATH) => ({ ...(await good(path)), 'chaperone-login': KEYS });
  const presented = () => new Secret(`${run.grant.id}.${run.grant.secret.reveal()}`);
  const proof = async (about: { method?: string; path?: string; as?: Secret; key?: RunKey }) => {
    const { method = 'GET', path = PATH, as = presented(), key = run.grant.key } = about;
    return (await key?.prove({ method, url: `${api.url}${path}`, presented: as })) ?? '';
  };

  test('opens for a grant with a proof of its key', async () => {
    assert.equal(await knock(await withKeys()), '101');
  });

  test('is an ordinary answer of no for whoever asks for no WebSocket', async () => {
    const { status, json } = await api.call('GET', PATH, { headers: await withKeys() });
    assert.deepEqual([status, json['title']], [426, 'This is a WebSocket']);
    assert.equal((await api.call('GET', PATH)).status, 401);
  });

  test('an upgrade anywhere else, or to something else, is an ordinary request', async () => {
    assert.equal(await knock({}, '/v1/sessions'), '401 Nobody is logged in');
    assert.equal(await knock({ ...(await withKeys()), upgrade: 'h2c' }), '426 This is a WebSocket');
  });

  test('says no before anything else to whoever does not prove a grant and its key', async () => {
    const authorization = `DPoP ${presented().reveal()}`;
    const stranger = await RunKey.generate(Date.now);
    const other = new Secret('grt_00000000000000000000000000.AAAA');
    const cases: readonly (readonly [string, Record<string, string>])[] = [
      ['401 This needs the grant and its secret', {}],
      ['401 The proof of the key (DPoP) is missing', { authorization }],
      ['401 claim-invalid', { authorization, dpop: 'nonsense' }],
      ['401 claim-invalid', { authorization, dpop: await proof({ method: 'POST' }) }],
      ['401 claim-invalid', { authorization, dpop: await proof({ path: '/v1/carrier/other' }) }],
      ['401 claim-invalid', { authorization, dpop: await proof({ as: other }) }],
      ['401 claim-invalid', { authorization, dpop: await proof({ key: stranger }) }],
      ['401 claim-invalid', { authorization: `DPoP ${other.reveal()}`, dpop: await proof({ as: other }) }],
      ['401 claim-invalid', { authorization: basic(run.grant.id, run.grant.secret.reveal()) }],
    ];
    for (const [expected, headers] of cases) {
      assert.equal(await knock({ ...headers, 'chaperone-login': KEYS }), expected, JSON.stringify(headers));
    }
  });

  test('closes the connection of whoever it said no to', async () => {
    const { hostname: host, port } = new URL(api.url);
    const ca = readFileSync(join(api.directory, 'tls', 'ca.crt'));
    const socket = connectTls({ host, port: Number(port), ca, servername: 'localhost' });
    socket.write(
      `GET ${PATH} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const closed = once(socket, 'close');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 401 /);
    await closed;
  });

  test('takes each proof once', async () => {
    const headers = await withKeys();
    const answers = await Promise.all([knock(headers), knock(headers), knock(headers)]);
    assert.deepEqual(answers.sort(), ['101', '401 claim-replayed', '401 claim-replayed']);
  });

  test('a grant that is bound to no key does not open it', async () => {
    const { user, password } = await api.grant();
    assert.equal(await knock({ authorization: basic(user, password), 'chaperone-login': KEYS }), '401 claim-invalid');
  });

  test('a target that the grant does not cover, or that is none, is refused', async () => {
    const path = '/v1/carrier/elsewhere';
    assert.equal(await knock(await withKeys(path), path), '403 target-not-granted');
  });

  test('nothing comes in from a browser, whatever it holds', async () => {
    for (const header of [{ origin: api.url }, { cookie: 'a=b' }, { 'sec-fetch-site': 'same-origin' }]) {
      assert.equal(await knock({ ...(await withKeys()), ...header }), '403 This is not for browsers');
    }
  });

  test('keys of a listener that are weak or none are refused', async () => {
    const weak = [
      '',
      'SCRAM-SHA-256$1:AAAA$AAAA:AAAA',
      KEYS.replace('4096', '4095'),
      KEYS.replace('4096', '9999999'),
      KEYS.replace('A'.repeat(22), 'A'.repeat(8)),
      'md5abc',
    ];
    for (const keys of weak) {
      const headers = { ...(await good()), 'chaperone-login': keys };
      assert.equal(await knock(headers), '400 The keys of the listener (Chaperone-Login) cannot be read', keys);
    }
  });

  test('a run is attached by its own grant alone', async () => {
    await using other = await openCarriedRun(api);
    const path = `/v1/runs/${other.context.runId}/attach`;
    assert.equal(await knock(await good(path), path), '401 claim-invalid');
  });

  test('a revoked grant opens nothing, ends its wrapper’s attachment, and is not renewed', async () => {
    await using revoked = await openCarriedRun(api);
    const { status } = await api.call('DELETE', `/v1/grants/${revoked.grant.id}`, { auth: api.admin });
    assert.equal(status, 200);
    const client = apiClient(api);
    const credentials = await client.credentials('GET', PATH, revoked.grant);
    assert.equal(await knock({ ...credentials, 'chaperone-login': KEYS }), '403 grant-revoked');
    await assert.rejects(revoked.connect(), /revoked/);
    await until(() =>
      Promise.resolve(revoked.said.join('').includes('the gateway has ended this run') ? true : undefined),
    );
    await assert.rejects(renewGrant(client, revoked.grant), /revoked/);
  });

  test('whoever sends text or more than a message may hold on a carrier is cut off, and the gateway goes on', async () => {
    for (const message of ['a text', Buffer.alloc(256 * 1024 + 1)]) {
      const socket = await open(await withKeys());
      const closed = once(socket, 'close');
      socket.send(message);
      await closed;
    }
    const client = await run.connect();
    assert.equal((await client.query('select 1 as alive')).rows[0].alive, 1);
    await client.end();
    assert.deepEqual(api.faults, []);
  });

  test('a grant is renewed by its key alone, without the token that it was made for', async () => {
    const client = apiClient(api);
    assert.ok((await renewGrant(client, run.grant)) > 0);
    await assert.rejects(renewGrant(client, { ...run.grant, key: undefined }), /bound to a key/);
    await assert.rejects(renewGrant(client, { ...run.grant, key: await RunKey.generate(Date.now) }), /bound to a key/);
  });

  test('a run is closed by its own key alone', async () => {
    const path = `/v1/runs/${run.context.runId}/close`;
    const { id, secret } = run.grant;
    const { status, json } = await api.call('POST', path, { auth: basic(id, secret.reveal()) });
    assert.deepEqual([status, json['code']], [401, 'claim-invalid']);
    assert.equal((await runOf(api, run.context.runId))['closedAt'], undefined);
  });

  async function open(headers: Readonly<Record<string, string>>): Promise<WebSocket> {
    const ca = readFileSync(join(api.directory, 'tls', 'ca.crt'));
    const socket = new WebSocket(`${api.url.replace('https', 'wss')}${PATH}`, { ca, headers });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  }
});

function basic(grant: string, secret: string): string {
  return `Basic ${Buffer.from(`${grant}:${secret}`).toString('base64')}`;
}
