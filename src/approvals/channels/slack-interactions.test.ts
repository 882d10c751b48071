import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { deliveriesOf, inForce } from '../../../test/support/channels.ts';
import {
  BOT_TOKEN,
  buttonPressed,
  type FakeSlack,
  SIGNING_SECRET,
  signedBySlack,
  startFakeSlack,
  viewSent,
} from '../../../test/support/fake-slack.ts';
import { answerOf, gatewayAt, heldRequest, obligation, person } from '../../../test/support/held-requests.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import { startWebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { people } from '../../identity/people.ts';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import type { Store } from '../../store/store.ts';
import type { SlackDeclaration } from './channel.ts';
import { noticeOf } from './notices.ts';
import { slackChannel } from './slack.ts';
import { isResponseUrl, SlackInteractions } from './slack-interactions.ts';
import { isSignedBySlack } from './slack-signature.ts';

const ADA = { id: 'U1', team_id: 'T1' };
const SHOWN = [obligation('dba', { showText: true })];

/** What Slack knows of people whose address is looked up. */
const MEMBERS = {
  U1: member('U1', 'ada@acme.example'),
  U2: member('U2', 'grace@acme.example'),
  U3: member('U3', 'grace@acme.example', { is_email_confirmed: false }),
  U4: member('U4', 'grace@acme.example', { is_restricted: true }),
  U5: member('U5', 'grace@acme.example', { team_id: 'T9' }),
  U6: member('U6', 'nobody@acme.example'),
};

function member(id: string, email: string, more: object = {}): object {
  return { id, team_id: 'T1', is_email_confirmed: true, deleted: false, is_bot: false, profile: { email }, ...more };
}

const BASE = {
  kind: 'slack',
  name: 'slack',
  groups: [],
  enabled: true,
  insecureLoopback: true,
  matchEmail: false,
  channel: '#approvals',
} as const;

type Gateway = Awaited<ReturnType<typeof gatewayAt>>;

/** A gateway's side of a Slack app, with Ada known by her handle and Grace by her address. */
async function slackSide(gateway: Gateway, slack: FakeSlack, more: Partial<SlackDeclaration> = {}) {
  const { store, service } = gateway;
  const faults: unknown[] = [];
  const known = people({ store, now: Date.now, random: (bytes) => randomBytes(bytes) });
  for (const [login, handles] of [['ada', ['slack:T1/U1']] as const, ['grace', []] as const]) {
    const claims = { issuer: 'https://idp.test', subject: login, login, email: `${login}@acme.example` };
    await known.enter({ ...claims, groups: ['dba'], roles: ['approver'], handles });
  }
  const declaration: SlackDeclaration = { ...BASE, apiUrl: slack.apiUrl, ...more };
  const secrets = (name: string) => Promise.resolve(new Secret(name === 'botToken' ? BOT_TOKEN : SIGNING_SECRET));
  const channel = { ...inForce(slackChannel(declaration, { secrets })), secrets };
  const interactions = new SlackInteractions({
    store,
    channel: (name) => (name === declaration.name ? channel : undefined),
    personByHandle: (handle) => known.byHandle(handle),
    personByEmail: (email) => known.byEmail(email),
    notice: (id) =>
      noticeOf(id, {
        store,
        find: (approval) => service.find(approval, { all: true }),
        url: (approval) => `https://gateway.test/approvals/${approval}`,
      }),
    decide: (id, answer) => service.decide(id, answer),
    nowMs: Date.now,
    onFault: (fault) => faults.push(fault),
  });
  const take = async (body: string) => {
    const reply = await interactions.take('slack', signedBySlack(body, Date.now()));
    await interactions.settled();
    return reply;
  };
  const press = (button: 'approve' | 'deny', hold: { id: string; digest: string }, user = ADA, more: object = {}) =>
    take(
      buttonPressed({ action_id: button, value: `${hold.id}.${hold.digest}` }, user, {
        response_url: slack.responseUrl,
        ...more,
      }),
    );
  return { interactions, channel, take, press, faults };
}

const told = ({ told: said }: FakeSlack) => said.map(({ text }) => text);

onEachStore('answers in Slack', (stores) => {
  test('a person who is known by their Slack account approves, and the approval says that it was in Slack', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const hold = await gateway.service.hold(heldRequest({ obligations: SHOWN }));
    assert.equal(await side.press('approve', hold), 'taken');
    const answer = await hold.answer;
    assert.equal(answer.state, 'approved');
    const votes = answer.votes.map(({ login, channel }) => [login, channel]);
    assert.deepEqual(votes, [['ada', 'slack']]);
    assert.deepEqual(told(slack), []);
    const decided = gateway.notes.find(({ kind }) => kind === 'approval.decided');
    assert.equal(decided?.detail['channel'], 'slack');
    assert.deepEqual(side.faults, []);
  });

  test('to deny, one is asked why, and what is written there is the reason', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const hold = await gateway.service.hold(heldRequest());
    await side.press('deny', hold);
    const [opened] = slack.calls;
    assert.equal(opened?.method, 'views.open');
    assert.equal((await gateway.service.find(hold.id, { all: true }))?.state, 'pending');
    const view = opened?.args['view'] as Record<string, unknown>;
    await side.take(viewSent(view, ADA, '  not on a Friday '));
    const answer = await hold.answer;
    assert.ok(answer.state === 'denied');
    assert.equal(answer.reason, 'not on a Friday');
  });

  test('a Slack user who is nobody here is told so, alone, and counts for nothing', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const hold = await gateway.service.hold(heldRequest({ obligations: SHOWN }));
    // The same id in another workspace is somebody else.
    await side.press('approve', hold, { id: 'U1', team_id: 'T2' });
    await side.press('deny', hold, { id: 'U7', team_id: 'T1' });
    assert.deepEqual(
      slack.told.map(({ response_type, replace_original }) => [response_type, replace_original]),
      [
        ['ephemeral', false],
        ['ephemeral', false],
      ],
    );
    assert.match(String(told(slack)[0]), /^Nobody here is known by your Slack account.* slack:T2\/U1 to you\.$/);
    assert.equal((await gateway.service.find(hold.id, { all: true }))?.state, 'pending');
    assert.deepEqual(slack.calls, []);
  });

  test('by address only where the channel says so, Slack confirmed it, and it is a full member of the workspace', async () => {
    await using slack = await startFakeSlack(MEMBERS);
    await using gateway = await gatewayAt(await stores.place());
    const strict = await slackSide(gateway, slack);
    const hold = await gateway.service.hold(heldRequest({ obligations: SHOWN }));
    await strict.press('approve', hold, { id: 'U2', team_id: 'T1' });
    assert.deepEqual(slack.calls, []);
    const side = await slackSide(gateway, slack, { matchEmail: true });
    for (const id of ['U3', 'U4', 'U5', 'U6', 'U9']) await side.press('approve', hold, { id, team_id: 'T1' });
    assert.equal(slack.told.length, 6);
    assert.equal((await gateway.service.find(hold.id, { all: true }))?.state, 'pending');
    // Another press than the first one, or it would count as seen.
    await side.press('approve', hold, { id: 'U2', team_id: 'T1' }, { trigger_id: 'trigger-2' });
    const answer = await hold.answer;
    assert.ok(answer.state === 'approved');
    assert.equal(answer.votes[0]?.login, 'grace');
  });

  test('what is over, answered, of another group or about another request is refused with the reason', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const show = (group: string) => [obligation(group, { showText: true })];
    const other = await gateway.service.hold(heldRequest({ text: 'drop table a', obligations: show('security') }));
    await side.press('approve', other);
    const hold = await gateway.service.hold(heldRequest({ text: 'drop table b', obligations: SHOWN }));
    await side.press('approve', { id: hold.id, digest: 'e'.repeat(64) });
    await side.press('approve', hold);
    await side.press('approve', hold, ADA, { trigger_id: 'trigger-2' });
    await side.press('approve', { id: 'apr_none', digest: hold.digest });
    const expected = [
      /: not in the group security\.$/,
      /another request/,
      /: you answered already\.$/,
      /no approval apr_none/,
    ];
    assert.equal(slack.told.length, expected.length);
    expected.forEach((pattern, index) => assert.match(String(told(slack)[index]), pattern));
  });

  test('nobody approves in Slack what Slack did not show', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const hidden = await gateway.service.hold(heldRequest());
    await side.press('approve', hidden);
    const long = await gateway.service.hold(heldRequest({ text: `select '${'x'.repeat(4000)}'`, obligations: SHOWN }));
    await side.press('approve', long);
    assert.equal(slack.told.length, 2);
    assert.match(String(told(slack)[0]), /^This message does not show all that would be approved\./);
    assert.equal((await gateway.service.find(hidden.id, { all: true }))?.state, 'pending');
    assert.equal((await gateway.service.find(long.id, { all: true }))?.state, 'pending');
  });

  test('a request that was seen is not taken again, by this gateway or another', async () => {
    await using slack = await startFakeSlack();
    const place = await stores.place();
    await using one = await gatewayAt(place);
    await using two = await gatewayAt(place, { gateway: 'gateway.test/2' });
    const sides = [await slackSide(one, slack), await slackSide(two, slack)];
    const value = `apr_1.${'d'.repeat(64)}`;
    const pressed = buttonPressed({ action_id: 'approve', value }, ADA, { response_url: slack.responseUrl });
    const signed = signedBySlack(pressed, Date.now());
    const replies: string[] = [];
    for (const { interactions } of [...sides, ...sides]) {
      replies.push(await interactions.take('slack', signed));
      await interactions.settled();
    }
    assert.deepEqual(replies, ['taken', 'not-slack', 'not-slack', 'not-slack']);
    assert.equal(slack.told.length, 1);
  });

  test('two people at once, one in Slack and one in the web UI, make one decision, and the message shows it', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    await using _sending = deliveriesOf(gateway, [side.channel]);
    const hold = await gateway.service.hold(heldRequest({ obligations: SHOWN }));
    await slack.until(() => slack.messages.size === 1);
    const inWeb = gateway.service.decide(hold.id, answerOf('deny', person('grace'), hold, { reason: 'no' }));
    const [, web] = await Promise.all([side.press('approve', hold), inWeb.then(() => true).catch(() => false)]);
    const answer = await hold.answer;
    assert.equal(answer.state, web ? 'denied' : 'approved');
    assert.equal(slack.told.length, web ? 1 : 0);
    const shown = web ? 'Denied by grace' : 'Approved by ada';
    await slack.until(() => JSON.stringify([...slack.messages.values()]).includes(shown));
    assert.equal(slack.messages.size, 1);
  });

  test('an answer of ours goes to Slack alone, whatever address a request names', async () => {
    await using slack = await startFakeSlack();
    await using elsewhere = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    await side.press('approve', { id: 'apr_none', digest: 'd'.repeat(64) }, ADA, { response_url: elsewhere.url });
    assert.deepEqual(elsewhere.received, []);
    assert.match(String(side.faults[0]), /an address for its answer that is not its own/);
  });

  test('what Slack sends beside answers is taken and does nothing; what is no form of Slack is not understood', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const side = await slackSide(gateway, slack);
    const open = buttonPressed({ action_id: 'open', value: '' }, ADA);
    assert.equal(await side.take(open), 'taken');
    assert.equal(await side.take('payload=%7B%22type%22%3A%22shortcut%22%7D'), 'taken');
    for (const body of [
      '',
      'payload=',
      'payload=%7B',
      'payload=[]',
      'payload=1&payload=2',
      '{"type":"block_actions"}',
    ]) {
      assert.equal(await side.take(body), 'not-understood', body);
    }
    assert.deepEqual([slack.calls, slack.told, side.faults], [[], [], []]);
  });

  test('another secret, another body, another time, another channel: none of that is Slack', async () => {
    await using slack = await startFakeSlack();
    await using gateway = await gatewayAt(await stores.place());
    const { interactions } = await slackSide(gateway, slack);
    const now = Date.now();
    const body = buttonPressed({ action_id: 'open', value: '' }, ADA);
    const good = signedBySlack(body, now);
    const cases = [
      signedBySlack(body, now, 'another-secret'),
      { ...good, body: Buffer.from(`${body} `) },
      { ...good, timestamp: String(Number(good.timestamp) + 1) },
      { ...good, signature: '' },
      { ...good, signature: good.signature.replace('v0=', 'v1=') },
      { ...good, signature: `${good.signature}0` },
      signedBySlack(body, now - 301_000),
      signedBySlack(body, now + 310_000),
    ];
    for (const request of cases) assert.equal(await interactions.take('slack', request), 'not-slack');
    assert.equal(await interactions.take('other', good), 'not-slack');
    assert.equal(await interactions.take('slack', good), 'taken');
    const off = await slackSide(gateway, slack, { enabled: false });
    assert.equal(await off.interactions.take('slack', signedBySlack(body, now - 1000)), 'not-slack');
  });
});

test('where the signing secret cannot be had nothing is Slack, and whoever asks is not told where it should be', async () => {
  const faults: unknown[] = [];
  const missing = new Fault('config-invalid', 'the file /run/secrets/slack cannot be read by the gateway');
  const unused = () => assert.fail('nothing else is asked');
  await using slack = await startFakeSlack();
  const declaration: SlackDeclaration = { ...BASE, apiUrl: slack.apiUrl };
  const secrets = () => Promise.reject(missing);
  const interactions = new SlackInteractions({
    store: {} as Store,
    channel: () => ({ ...inForce(slackChannel(declaration, { secrets })), secrets }),
    personByHandle: unused,
    personByEmail: unused,
    notice: unused,
    decide: unused,
    nowMs: Date.now,
    onFault: (fault) => faults.push(fault),
  });
  assert.equal(await interactions.take('slack', signedBySlack('payload=x', Date.now(), '')), 'not-slack');
  assert.deepEqual(faults, [missing]);
});

test('a signature counts for five minutes on either side, and its time must be a number', () => {
  const body = 'payload=x';
  const secret = new Secret(SIGNING_SECRET);
  const now = 1_767_323_045_000;
  const within = (ms: number) => isSignedBySlack(signedBySlack(body, now + ms), secret, now);
  assert.deepEqual([within(0), within(-300_000), within(300_000)], [true, true, true]);
  assert.deepEqual([within(-301_000), within(301_000)], [false, false]);
  for (const timestamp of ['', 'NaN', '1e9', ' 1', '-1', '9'.repeat(16)]) {
    assert.equal(isSignedBySlack({ ...signedBySlack(body, now), timestamp }, secret, now), false);
  }
});

test("answers may go to hooks.slack.com, the configured API's host and its hooks, and nowhere else", () => {
  const slack = 'https://slack.com/api';
  for (const url of ['https://hooks.slack.com/actions/T1/2/3', 'https://slack.com/x']) {
    assert.equal(isResponseUrl(url, slack), true, url);
  }
  assert.equal(isResponseUrl('https://hooks.slack-gov.com/actions/1', 'https://slack-gov.com/api'), true);
  for (const url of [
    'http://hooks.slack.com/actions/1',
    'https://hooks.slack.com.evil.example/',
    'https://hooks.slack.com:444/',
    'https://hooks.slack.com@evil.example/',
    'https://user:pw@hooks.slack.com/',
    'https://evil.example/hooks.slack.com',
    'javascript:1',
    '',
  ]) {
    assert.equal(isResponseUrl(url, slack), false, url);
  }
});
