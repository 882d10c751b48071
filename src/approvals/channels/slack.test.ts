import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveriesOf, inForce, webhookTo } from '../../../test/support/channels.ts';
import { BOT_TOKEN, type FakeSlack, startFakeSlack } from '../../../test/support/fake-slack.ts';
import { answerOf, gatewayAt, heldRequest, obligation, person } from '../../../test/support/held-requests.ts';
import { noticeWith } from '../../../test/support/notices.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import { startWebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { Secret } from '../../model/secret.ts';
import { DeliveryFault, type SlackDeclaration } from './channel.ts';
import { slackChannel } from './slack.ts';

function slackAt({ apiUrl }: Pick<FakeSlack, 'apiUrl'>, more: Partial<SlackDeclaration> = {}, token = BOT_TOKEN) {
  const declaration: SlackDeclaration = {
    kind: 'slack',
    name: 'slack',
    groups: [],
    enabled: true,
    insecureLoopback: true,
    matchEmail: false,
    channel: '#approvals',
    apiUrl,
    ...more,
  };
  return slackChannel(declaration, { secrets: () => Promise.resolve(new Secret(token)) });
}

const NEVER = new AbortController().signal;
const requested = { delivery: 'dlv_1', event: 'approval.requested', notice: noticeWith() } as const;

test('a request becomes one message, and its outcome changes that one', async () => {
  await using slack = await startFakeSlack();
  const channel = slackAt(slack);
  const external = await channel.send(requested, NEVER);
  assert.equal(external, '{"channel":"C0FAKE","ts":"1700000000.000001"}');
  const notice = noticeWith({ state: 'expired' });
  await channel.send({ delivery: 'dlv_2', event: 'approval.expired', notice, external }, NEVER);
  assert.deepEqual(
    slack.calls.map(({ method }) => method),
    ['chat.postMessage', 'chat.update'],
  );
  assert.equal(slack.messages.size, 1);
  assert.match(JSON.stringify([...slack.messages.values()]), /Expired: nobody answered in time/);
  assert.equal(slack.calls[0]?.args['channel'], '#approvals');
  assert.equal(slack.calls[0]?.args['unfurl_links'], false);
});

test('an outcome of a request that Slack was never told of is not told either', async () => {
  await using slack = await startFakeSlack();
  await slackAt(slack).send({ delivery: 'dlv_2', event: 'approval.expired', notice: noticeWith() }, NEVER);
  assert.deepEqual(slack.calls, []);
});

test("Slack's errors are named, its limits of rate kept to, and what is not Slack is said to be so", async () => {
  await using slack = await startFakeSlack();
  const fault = async (channel = slackAt(slack), message: Parameters<typeof channel.send>[0] = requested) => {
    const cause = await channel.send(message, NEVER).catch((thrown: unknown) => thrown);
    assert.ok(cause instanceof DeliveryFault, String(cause));
    return { message: cause.message, permanent: cause.permanent, retryAfterMs: cause.retryAfterMs };
  };
  const plain = { permanent: false, retryAfterMs: undefined };
  const refused = 'Slack refused chat.postMessage';
  assert.deepEqual(await fault(slackAt(slack, {}, 'xoxb-wrong')), { message: `${refused}: invalid_auth`, ...plain });
  assert.deepEqual(await fault(slackAt(slack, { channel: 'C0GONE' })), {
    message: `${refused}: channel_not_found`,
    ...plain,
  });
  const external = '{"channel":"C0FAKE","ts":"1.1"}';
  assert.deepEqual(await fault(slackAt(slack), { ...requested, event: 'approval.expired', external }), {
    message: 'Slack refused chat.update: message_not_found',
    permanent: true,
    retryAfterMs: undefined,
  });
  slack.next('chat.postMessage', { status: 429, headers: { 'retry-after': '30' }, body: '' });
  assert.deepEqual(await fault(), { message: 'Slack asks to slow down', permanent: false, retryAfterMs: 30_000 });
  slack.next('chat.postMessage', { status: 502, body: '<html>bad gateway</html>' });
  assert.deepEqual(await fault(), { message: 'Slack answered 502, and not as its API does', ...plain });
  slack.next('chat.postMessage', { body: '{"ok": false, "error": "\\u001b[31m"}' });
  assert.deepEqual(await fault(), { message: `${refused}: <U+001B>[31m`, ...plain });
});

test('no fault of Slack shows the token', async () => {
  await using slack = await startFakeSlack();
  const token = 'xoxb-canary-token';
  slack.next('chat.postMessage', { status: 500, body: `no ${token}` });
  const cause = await slackAt(slack, {}, token)
    .send(requested, NEVER)
    .catch((thrown: unknown) => thrown);
  assert.ok(cause instanceof DeliveryFault);
  assert.ok(!`${cause.message}${cause.stack}${JSON.stringify(cause)}`.includes(token));
});

onEachStore('Slack and the store', (stores) => {
  test('one message is changed at every vote and at the end, wherever people answered, beside a channel that fails', async () => {
    await using slack = await startFakeSlack();
    await using broken = await startWebhookReceiver();
    broken.next(...Array.from({ length: 9 }, () => (response: { destroy(): void }) => response.destroy()));
    await using gateway = await gatewayAt(await stores.place());
    const channels = [inForce(slackAt(slack)), webhookTo('broken', broken.url)];
    await using sending = deliveriesOf(gateway, channels);
    const obligations = [obligation('dba', { quorum: 2, showText: true })];
    const hold = await gateway.service.hold(heldRequest({ obligations }));
    const shows = (text: string) => slack.until(() => JSON.stringify([...slack.messages.values()]).includes(text));
    await shows('alter table orders add note text');
    await gateway.service.decide(hold.id, answerOf('approve', person('ada'), hold));
    await shows('Approved so far by ada');
    await gateway.service.decide(hold.id, answerOf('approve', person('grace'), hold, { channel: 'cli' }));
    await shows('Approved by ada, grace');
    assert.equal(slack.messages.size, 1);
    assert.ok(!JSON.stringify([...slack.messages.values()]).includes('"approve"'));
    assert.deepEqual(
      sending.faults.filter((fault) => !String(fault).includes('gave up')),
      [],
    );
  });

  test('of a rule that does not show it, no byte of the text is in a message', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    await using _sending = deliveriesOf(gateway, [inForce(slackAt(slack))]);
    const mixed = [obligation('dba', { showText: true }), obligation('security')];
    await gateway.service.hold(
      heldRequest({ text: "delete from t where token = 'canary-literal'", obligations: mixed }),
    );
    await slack.until(() => slack.messages.size === 1);
    assert.ok(!JSON.stringify(slack.calls).includes('canary-literal'));
  });
});
