import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { noticeWith, voteOf } from '../../../test/support/notices.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { Secret } from '../../model/secret.ts';
import { DeliveryFault, type WebhookDeclaration } from './channel.ts';
import { webhookChannel } from './webhook.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NEVER = new AbortController().signal;

function channelTo(url: string, more: Partial<WebhookDeclaration> = {}, secret = SECRET) {
  const declaration: WebhookDeclaration = {
    kind: 'webhook',
    name: 'hook',
    groups: [],
    enabled: true,
    insecureLoopback: true,
    allowPrivate: false,
    url,
    ...more,
  };
  const secrets = () => Promise.resolve(new Secret(secret));
  return webhookChannel(declaration, { secrets, nowMs: Date.now, random: (bytes) => new Uint8Array(bytes) });
}

const requested = { delivery: 'dlv_1', event: 'approval.requested', notice: noticeWith() } as const;

describe('a webhook', () => {
  let receiver: WebhookReceiver;
  before(async () => void (receiver = await startWebhookReceiver()));
  after(() => receiver[Symbol.asyncDispose]());
  const send = (message: Parameters<ReturnType<typeof channelTo>['send']>[0], signal = NEVER) =>
    channelTo(receiver.url).send(message, signal);
  const last = () => {
    const received = receiver.received.at(-1);
    assert.ok(received);
    return received;
  };

  test('verifies with the library of Standard Webhooks, and not with a changed body, id or secret', async () => {
    await send(requested);
    const { body, headers } = last();
    assert.equal((new Webhook(SECRET).verify(body, headers) as { type: string }).type, 'approval.requested');
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    assert.throws(() => new Webhook(SECRET).verify(`${body} `, headers));
    assert.throws(() => new Webhook(SECRET).verify(body, { ...headers, 'webhook-id': 'dlv_2' }));
    assert.throws(() => new Webhook(other).verify(body, headers));
  });

  test('says the same at every attempt, under the same id', async () => {
    await send(requested);
    const first = last();
    await send({ ...requested, notice: noticeWith({ state: 'approved', votes: [voteOf('ada', 'approve')] }) });
    assert.equal(last().headers['webhook-id'], 'dlv_1');
    assert.equal(last().body, first.body);
  });

  test('carries ids, link, groups, kinds and tables, and no text', async () => {
    await send(requested);
    assert.deepEqual(JSON.parse(last().body), {
      type: 'approval.requested',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: {
        approval: {
          id: 'apr_1',
          digest: 'd'.repeat(64),
          url: 'https://gateway.test/approvals/apr_1',
          target: 'pg-prod',
          protocol: 'postgres',
          kinds: ['alter'],
          tables: ['public.orders'],
          groups: [{ group: 'dba', quorum: 2 }],
          rules: ['ddl needs a dba'],
          requestedAt: '2026-01-02T03:04:05.000Z',
          expiresAt: '2026-01-02T03:34:05.000Z',
          run: noticeWith().run,
          state: 'pending',
        },
      },
    });
  });

  test('carries the text where the notice has it, and who decided', async () => {
    const statements = [{ text: 'alter table orders', parameters: [] }];
    const votes = [voteOf('ada', 'deny', { reason: 'not on a Friday' })];
    const decidedAt = '2026-01-02T03:10:00.000Z';
    const notice = noticeWith({ state: 'denied', statements, votes, decidedAt });
    await send({ delivery: 'dlv_3', event: 'approval.decided', notice });
    const { timestamp, data } = JSON.parse(last().body);
    assert.equal(timestamp, decidedAt);
    assert.equal(data.approval.state, 'denied');
    assert.equal(data.approval.outcome, 'Denied by ada');
    assert.deepEqual(data.approval.statements, statements);
    assert.deepEqual(data.approval.votes, [
      { login: 'ada', answer: 'deny', reason: 'not on a Friday', channel: 'web', at: decidedAt },
    ]);
  });

  test('that is answered with an error says so, with 200 characters of the answer at most and no control', async () => {
    receiver.next((response) => response.writeHead(500).end(`\u001b[31m${'x'.repeat(5000)}`));
    const fault = await faultOf(send(requested));
    assert.match(fault.message, /^localhost:\d+ answered 500: <U\+001B>\[31mx+…$/);
    assert.ok(fault.message.length < 240);
    assert.equal(fault.permanent, false);
  });

  test('that is gone is not tried again, and one that asks for time is left alone', async () => {
    receiver.next((response) => response.writeHead(410).end());
    assert.equal((await faultOf(send(requested))).permanent, true);
    receiver.next((response) => response.writeHead(429, { 'retry-after': '7' }).end());
    assert.equal((await faultOf(send(requested))).retryAfterMs, 7000);
  });

  test('follows no redirect', async () => {
    const before = receiver.received.length;
    receiver.next((response) => response.writeHead(302, { location: receiver.url }).end());
    assert.match((await faultOf(send(requested))).message, /answered 302$/);
    assert.equal(receiver.received.length, before + 1);
  });

  test('reads no endless answer', async () => {
    receiver.next((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('y'.repeat(64 * 1024)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await send(requested);
  });

  test('ends with its signal, and says that there was no answer in time', async () => {
    receiver.next(() => undefined);
    const signal = AbortSignal.timeout(50);
    assert.match((await faultOf(send(requested, signal))).message, /did not answer: not in time$/);
  });

  test('says where a test went, and signs it too', async () => {
    assert.match(await channelTo(receiver.url).test(NEVER), /^localhost:\d+$/);
    const { body, headers } = last();
    assert.equal((new Webhook(SECRET).verify(body, headers) as { type: string }).type, 'channel.test');
  });

  test('with a secret that is none is not sent', async () => {
    const before = receiver.received.length;
    for (const secret of ['hunter2', `whsec_${Buffer.alloc(8).toString('base64')}`]) {
      const fault = await faultOf(channelTo(receiver.url, {}, secret).send(requested, NEVER));
      assert.equal(fault.message, 'the secret is not whsec_ and 24 to 64 bytes in base64');
    }
    assert.equal(receiver.received.length, before);
  });
});

describe('where a webhook may go', () => {
  test('over TLS, to whom the named authority vouches for and to nobody else', async () => {
    const authority = await makeAuthority();
    const tls = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
    await using receiver = await startWebhookReceiver({ tls });
    const allowed = { insecureLoopback: false, allowPrivate: true };
    await channelTo(receiver.url, { ...allowed, ca: authority.certificate }).send(requested, NEVER);
    assert.equal(receiver.received.length, 1);
    const fault = await faultOf(channelTo(receiver.url, allowed).send(requested, NEVER));
    assert.match(fault.message, /did not answer: (?:UNABLE_TO|SELF_SIGNED|CERT|DEPTH)/);
    assert.equal(receiver.received.length, 1);
  });

  test('to no address of this machine or a private network, whatever name or spelling leads there', async () => {
    await using receiver = await startWebhookReceiver();
    const { port } = receiver;
    const places = [
      `https://localhost:${port}/`,
      `https://127.0.0.1:${port}/`,
      `https://2130706433:${port}/`,
      `https://0x7f.1:${port}/`,
      `https://[::1]:${port}/`,
      `https://[::ffff:127.0.0.1]:${port}/`,
      'https://10.0.0.1/',
      'https://169.254.169.254/latest/meta-data/',
      'https://[fd00:ec2::254]/',
    ];
    for (const place of places) {
      const fault = await faultOf(channelTo(place, { insecureLoopback: false }).send(requested, NEVER));
      assert.match(fault.message, /is not a public address, and this channel may not use it$/, place);
    }
    assert.deepEqual(receiver.received, []);
  });

  test('to no metadata service even where private addresses are allowed', async () => {
    for (const place of ['https://169.254.169.254/', 'https://[fd00:ec2::254]/', 'https://0.0.0.0/']) {
      const fault = await faultOf(channelTo(place, { allowPrivate: true }).send(requested, NEVER));
      assert.match(fault.message, /is not a public address/, place);
    }
  });

  test('over nothing but HTTPS, but for this machine itself where that is said', async () => {
    const https = 'the URL does not begin with https://';
    const places = [
      'http://example.com/',
      'ftp://example.com/',
      'http://localhost.evil.example/',
      'file:///etc/passwd',
    ];
    for (const place of places) {
      assert.equal((await faultOf(channelTo(place).send(requested, NEVER))).message, https, place);
    }
    const plain = channelTo('http://localhost:1/', { insecureLoopback: false });
    assert.equal((await faultOf(plain.send(requested, NEVER))).message, https);
  });
});

async function faultOf(sending: Promise<unknown>): Promise<DeliveryFault> {
  const fault = await sending.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(fault instanceof DeliveryFault, String(fault));
  return fault;
}
