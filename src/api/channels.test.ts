import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { type Answer, READ_POLICY, startApi, type TestApi } from '../../test/support/api.ts';
import {
  BOT_TOKEN,
  buttonPressed,
  type FakeSlack,
  SIGNING_SECRET,
  signedBySlack,
  startFakeSlack,
} from '../../test/support/fake-slack.ts';
import { inLog } from '../../test/support/login-gateway.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/support/webhook-receiver.ts';
import { people } from '../identity/people.ts';

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const POLICIES = `${READ_POLICY}
  - name: ddl needs a dba
    principals: any
    targets: [people]
    operations: [ddl]
    effect: permit
    approve: { group: dba, within: 5m, showText: true }
`;

describe('channels over the REST API', () => {
  let api: TestApi;
  let slack: FakeSlack;
  let receiver: WebhookReceiver;
  let broken: WebhookReceiver;

  before(async () => {
    [api, slack, receiver, broken] = await Promise.all([
      startApi({ policies: POLICIES }),
      startFakeSlack(),
      startWebhookReceiver(),
      startWebhookReceiver(),
    ]);
    const person = {
      issuer: 'https://login.test',
      subject: 'ada',
      login: 'ada',
      groups: ['dba'],
      roles: ['approver' as const],
    };
    await people({ store: api.store, now: Date.now, random: randomBytes }).enter({
      ...person,
      handles: ['slack:T1/U1'],
    });
    await api.apply(channels());
  });
  after(async () => {
    for (const part of [api, slack, receiver, broken]) await part[Symbol.asyncDispose]();
  });

  const channels = (secret = WEBHOOK_SECRET) => `
channels:
  - name: dba-slack
    kind: slack
    groups: [dba]
    channel: "#approvals"
    apiUrl: ${slack.apiUrl}
    insecureLoopback: true
    botToken: { value: ${BOT_TOKEN} }
    signingSecret: { value: ${SIGNING_SECRET} }
  - { name: hook, kind: webhook, url: "${receiver.url}", insecureLoopback: true, secret: { value: "${secret}" } }
  - { name: broken, kind: webhook, groups: [security], url: "${broken.url}", insecureLoopback: true, secret: { value: x } }
`;
  const interact = (body: string, signed = signedBySlack(body, Date.now()), name = 'dba-slack'): Promise<Answer> =>
    api.call('POST', `/v1/channels/slack/${name}/interactions`, {
      body: { type: 'application/x-www-form-urlencoded', text: body },
      headers: { 'x-slack-signature': signed.signature, 'x-slack-request-timestamp': signed.timestamp },
    });

  test('are listed as declared, without their secrets, for those who may see them', async () => {
    const { json, text } = await api.call('GET', '/v1/channels', { auth: api.admin });
    const listed = json['channels'] as readonly { name: string; kind: string; groups: string[]; state: string }[];
    assert.deepEqual(
      listed.map(({ name, kind, groups, state }) => [name, kind, groups, state]),
      [
        ['broken', 'webhook', ['security'], 'ok'],
        ['dba-slack', 'slack', ['dba'], 'ok'],
        ['hook', 'webhook', [], 'ok'],
      ],
    );
    for (const secret of [WEBHOOK_SECRET, BOT_TOKEN, SIGNING_SECRET]) assert.ok(!text.includes(secret));
    const approver = await api.person('bob', { groups: ['dba'], roles: ['approver'] });
    const auditor = await api.person('eve', { roles: ['auditor'] });
    const status = async (method: string, path: string, auth?: string) =>
      (await api.call(method, path, auth === undefined ? {} : { auth })).status;
    assert.equal(await status('GET', '/v1/channels'), 401);
    assert.equal(await status('GET', '/v1/channels', approver), 403);
    assert.equal(await status('GET', '/v1/deliveries', approver), 403);
    assert.equal(await status('GET', '/v1/channels', auditor), 200);
    assert.equal(await status('POST', '/v1/channels/hook/test', auditor), 403);
    assert.equal(await status('POST', '/v1/deliveries/dlv_1/retry', auditor), 403);
  });

  test('no secret stands in the store, and a plan says no more than that one changed', async () => {
    const files = [{ name: 'channels.yaml', text: channels(`whsec_${Buffer.alloc(32, 1).toString('base64')}`) }];
    const { json } = await api.call('POST', '/v1/apply', { auth: api.admin, json: { mode: 'plan', files } });
    assert.deepEqual(json['changes'], [
      { action: 'update', kind: 'channel', name: 'hook', details: ['~ credential: changed'] },
    ]);
    const stored = await Promise.all(
      ['store.sqlite', 'store.sqlite-wal'].map((name) => readFile(join(api.directory, name), 'latin1')),
    );
    for (const secret of [WEBHOOK_SECRET, BOT_TOKEN, SIGNING_SECRET]) assert.ok(!stored.join('').includes(secret));
  });

  test('are tested with a message that says so, and what is wrong is said', async () => {
    const testOf = async (name: string) =>
      (await api.call('POST', `/v1/channels/${name}/test`, { auth: api.admin })).json;
    assert.deepEqual(await testOf('dba-slack'), { channel: 'dba-slack', ok: true, detail: '#approvals' });
    assert.deepEqual(await testOf('hook'), { channel: 'hook', ok: true, detail: `localhost:${receiver.port}` });
    assert.deepEqual(await testOf('broken'), {
      channel: 'broken',
      ok: false,
      detail: 'the secret is not whsec_ and 24 to 64 bytes in base64',
    });
    assert.equal((await testOf('none'))['status'], 404);
  });

  test('and what else is named is told 404, and stands in no log', async () => {
    const typed = 'ada@example.org';
    const text = `policies: [{ name: ${typed} }]`;
    const sent = [
      await api.call('PUT', `/v1/configuration/policy/${typed}`, {
        auth: api.admin,
        json: { text },
        headers: { 'if-none-match': '*' },
      }),
      await api.call('POST', `/v1/targets/${typed}/check`, { auth: api.admin }),
      await api.call('POST', `/v1/channels/${typed}/test`, { auth: api.admin }),
    ];
    assert.deepEqual(
      sent.map(({ status }) => status),
      [422, 404, 404],
    );
    await inLog(api, /"channel.test"[^}]*"channel":"none"/);
    const { text: entries } = await api.call('GET', '/v1/log/entries?limit=1000', { auth: api.admin });
    assert.ok(!entries.includes(typed), entries);
  });

  test('a statement that waits is told in Slack, approved there, and goes on; the webhook hears of both', async () => {
    const count = receiver.received.length;
    const client = await api.connect(await api.grant());
    const altered = client.query('alter table people add column note text');
    await slack.until(() => JSON.stringify([...slack.messages.values()]).includes('add column note'));
    const { items } = (await api.call('GET', '/v1/approvals', { auth: api.admin })).json;
    const [approval] = items as readonly { readonly id: string }[];
    assert.ok(approval);
    const { digest } = (await api.call('GET', `/v1/approvals/${approval.id}`, { auth: api.admin })).json;
    const message = [...slack.messages.values()].at(-1);
    assert.ok(JSON.stringify(message).includes(`${api.url}/approvals/${approval.id}`));
    const pressed = buttonPressed(
      { action_id: 'approve', value: `${approval.id}.${String(digest)}` },
      { id: 'U1', team_id: 'T1' },
      { response_url: slack.responseUrl },
    );
    const signed = signedBySlack(pressed, Date.now());
    const answer = await interact(pressed, signed);
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.equal((await altered).command, 'ALTER');
    assert.equal((await interact(pressed, signed)).status, 401);
    await slack.until(() => JSON.stringify([...slack.messages.values()]).includes('Approved by ada'));
    await receiver.came(count + 2);
    const events = receiver.received
      .slice(count)
      .map(({ body, headers }) => (new Webhook(WEBHOOK_SECRET).verify(body, headers) as { type: string }).type);
    assert.deepEqual(events, ['approval.requested', 'approval.decided']);
    await client.end();
    const { json } = await api.call('GET', '/v1/deliveries?channel=hook', { auth: api.admin });
    const listed = json['items'] as readonly { event: string; approval: string; state: string }[];
    assert.deepEqual(
      listed.map(({ event, approval: of, state }) => [event, of, state]),
      [
        ['approval.decided', approval.id, 'delivered'],
        ['approval.requested', approval.id, 'delivered'],
      ],
    );
    assert.deepEqual(api.faults, []);
  });

  test('what does not come from Slack is 401 whatever is wrong with it, and what is no interaction 400', async () => {
    const body = buttonPressed({ action_id: 'open', value: '' }, { id: 'U1', team_id: 'T1' });
    const now = Date.now();
    const statuses = [
      await interact(body, signedBySlack(body, now, 'wrong')),
      await interact(body, signedBySlack(body, now - 600_000)),
      await interact(`${body}&more=1`, signedBySlack(body, now)),
      await interact(body, signedBySlack(body, now), 'hook'),
      await interact(body, signedBySlack(body, now), 'none'),
      await api.call('POST', '/v1/channels/slack/dba-slack/interactions', { json: {} }),
    ].map(({ status, json }) => [status, json['title']]);
    assert.deepEqual(
      statuses,
      Array.from({ length: 6 }, () => [401, 'This does not come from the Slack app of a channel here']),
    );
    assert.equal((await interact('payload=none')).status, 400);
    assert.equal((await interact(`payload=${'x'.repeat(300 * 1024)}`)).status, 413);
    assert.equal((await interact(body)).status, 200);
  });

  test('a delivery that is not dead is not tried again', async () => {
    const answer = await api.call('POST', '/v1/deliveries/dlv_none/retry', { auth: api.admin });
    assert.deepEqual([answer.status, answer.json['title']], [404, 'There is no such delivery on the dead-letter list']);
  });

  test('a channel that is declared wrongly is refused with its place, and shows no secret', async () => {
    const text =
      'channels:\n  - name: x\n    kind: webhook\n    url: http://example.com\n    secret: { value: canary-s }\n';
    const files = [{ name: 'channels.yaml', text }];
    const answer = await api.call('POST', '/v1/apply', { auth: api.admin, json: { mode: 'plan', files } });
    assert.equal(answer.status, 422);
    assert.match(String(answer.json['detail']), /^channels\.yaml:4: url: the URL does not begin with https:\/\//);
    assert.ok(!answer.text.includes('canary-s'));
  });
});
