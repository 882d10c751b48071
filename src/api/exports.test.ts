import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/support/webhook-receiver.ts';
import { operatorTokens } from '../identity/operator-tokens.ts';
import { openStore } from '../store/store.ts';
import { buildApi } from './server.ts';
import type { ApiServices } from './services.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const hook = (url: string) =>
  `exports:\n  - { name: hook, kind: webhook, url: "${url}", insecureLoopback: true, secret: { value: ${SECRET} } }\n`;

interface Listed {
  readonly gateway: string;
  readonly exports: readonly Readonly<Record<string, unknown>>[];
}

describe('exports over the REST API', () => {
  let api: TestApi;
  let receiver: WebhookReceiver;
  before(async () => {
    [api, receiver] = await Promise.all([startApi(), startWebhookReceiver()]);
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
  });
  const listed = async () => {
    const { json } = await api.call('GET', '/v1/exports', { auth: api.admin });
    return json as unknown as Listed;
  };

  test('are listed with how they fare, without their secrets, and of this gateway’s own log', async () => {
    await api.apply(hook(receiver.url));
    await receiver.came(1);
    const { gateway, exports } = await listed();
    const { json } = await api.call('GET', '/v1/log', { auth: api.admin });
    assert.equal(gateway, json['origin']);
    const [one] = exports;
    assert.deepEqual(
      [one?.['name'], one?.['kind'], one?.['format'], one?.['people'], one?.['statements']],
      ['hook', 'webhook', 'ocsf', false, false],
    );
    const shown = await api.call('GET', '/v1/configuration/export/hook', { auth: api.admin });
    assert.ok(!`${JSON.stringify(exports)}${shown.text}`.includes(SECRET));
    assert.match(shown.text, /sealed: true/);
  });

  test('keep their secret where a text leaves it out, and only for the same address', async () => {
    const { headers, text } = await api.call('GET', '/v1/configuration/export/hook', { auth: api.admin });
    const etag = String(headers['etag']);
    const edit = (to: string) =>
      api.call('PUT', '/v1/configuration/export/hook?plan=true', {
        auth: api.admin,
        headers: { 'if-match': etag },
        json: { text: to },
      });
    const own = (JSON.parse(text) as { text: string }).text;
    assert.equal((await edit(own.replace('kind: webhook', 'kind: webhook\n    format: cef'))).status, 200);
    const elsewhere = await edit(own.replace('/hook', '/other'));
    assert.equal(elsewhere.status, 422);
    assert.match(elsewhere.text, /the secrets are sealed for the address that the export had/);
  });

  test('are sent again from an entry on, which is in the log; not from beyond it, and not one that there is not', async () => {
    const before = receiver.received.length;
    const replay = (name: string, from: number) =>
      api.call('POST', `/v1/exports/${name}/replay`, { auth: api.admin, json: { from } });
    assert.deepEqual((await replay('hook', 0)).json, { name: 'hook', from: 0 });
    await receiver.came(before + 1);
    assert.deepEqual([(await replay('hook', 1_000_000)).status, (await replay('none', 0)).status], [422, 404]);
    // A verification begins with a checkpoint of all that is recorded.
    await api.call('POST', '/v1/log/verify', { auth: api.admin });
    const { json } = await api.call('GET', '/v1/log/entries', { auth: api.admin });
    const entries = (json['entries'] as readonly { text: string }[]).map(({ text }) => text);
    assert.ok(
      entries.some(
        (text) =>
          text.includes('"action":"export.replay"') && text.includes('"entry":0') && text.includes('"name":"hook"'),
      ),
    );
  });

  test('that are switched off keep their place, and that are gone are gone', async () => {
    await api.apply(hook(receiver.url).replace('kind:', 'enabled: false, kind:'));
    assert.deepEqual(
      (await listed()).exports.map(({ name, state }) => [name, state]),
      [['hook', 'off']],
    );
    const { status } = await api.call('POST', '/v1/exports/hook/replay', { auth: api.admin, json: { from: 0 } });
    assert.equal(status, 404);
    await api.apply('exports: []\n');
    assert.deepEqual((await listed()).exports, []);
  });
});

describe('a gateway that is not ready', () => {
  test('says what is missing to everybody, and why to whoever may read the log', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chaperone-ready-'));
    try {
      await using store = await openStore({ file: join(directory, 'store.sqlite') });
      const tokens = operatorTokens(store, { now: Date.now, random: (bytes) => new Uint8Array(bytes).fill(7) });
      const { token } = await tokens.create({ name: 'auditor', may: 'auditor' });
      const services = {
        info: { version: '0', demo: false, audience: 'a', url: 'https://gateway.test' },
        nowMs: Date.now,
        logins: { tokens },
        readiness: () => Promise.resolve([{ name: 'log', detail: 'no space left on the disk' }]),
      } as unknown as ApiServices;
      const app = await buildApi(services, { onFault: () => undefined });
      const ask = async (headers: Record<string, string>) => app.inject({ method: 'GET', url: '/readyz', headers });
      const [stranger, auditor] = [await ask({}), await ask({ authorization: `Bearer ${token.reveal()}` })];
      assert.deepEqual([stranger.statusCode, stranger.json()], [503, { status: 'not ready', missing: ['log'] }]);
      assert.deepEqual(auditor.json(), {
        status: 'not ready',
        missing: ['log'],
        details: { log: 'no space left on the disk' },
      });
      await app.close();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
