import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { aWebhookSink, secretOf } from '../../../test/support/export-parts.ts';
import { type RsyslogServer, startRsyslog } from '../../../test/support/rsyslog-server.ts';
import { type S3Mock, startS3Mock } from '../../../test/support/s3-mock.ts';
import { startWebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { post } from '../../approvals/channels/outgoing.ts';
import type { S3Export, SyslogExport } from '../declaration.ts';
import type { Formatted } from '../formats/format.ts';
import { fileSink, streamSink } from './file.ts';
import { keyOf, s3Sink } from './s3.ts';
import { type Batch, type Sink, SinkFault } from './sink.ts';
import { syslogMessage, syslogSink } from './syslog.ts';

const NEVER = new AbortController().signal;
const ORIGIN = 'gateway.example/log';
const COMMON = { name: 'one', enabled: true, format: 'ocsf', from: 'start', people: false, statements: false } as const;

function event(number: number, content: object | string = { number }): Formatted {
  const line = typeof content === 'string' ? content : JSON.stringify(content);
  const atMs = Date.UTC(2026, 2, 4, 5, 6, 7, 8);
  return {
    id: `ses_1/${number}`,
    atMs,
    index: number,
    severity: 'medium',
    type: 'dev.chaperone.exchange',
    origin: ORIGIN,
    content,
    line,
  };
}

function batch(...events: readonly Formatted[]): Batch {
  return { id: events[0]?.id ?? '', origin: ORIGIN, events };
}

async function faultOf(sending: Promise<void>): Promise<SinkFault> {
  const fault: unknown = await sending.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(fault instanceof SinkFault, String(fault));
  return fault;
}

describe('a file', () => {
  let directory = '';
  before(async () => void (directory = await mkdtemp(join(tmpdir(), 'chaperone-sink-'))));
  after(() => rm(directory, { recursive: true, force: true }));

  test('has a line an event, and is its owner’s alone', async () => {
    const path = join(directory, 'new', 'events.jsonl');
    await using sink = fileSink({ rotateBytes: 1000, keep: 2 }, path);
    await sink.send(batch(event(1), event(2)), NEVER);
    await sink.send(batch(event(3)), NEVER);
    assert.equal(await readFile(path, 'utf8'), '{"number":1}\n{"number":2}\n{"number":3}\n');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  test('is rotated before it is too large, and so many are kept', async () => {
    const path = join(directory, 'rotated.jsonl');
    await using sink = fileSink({ rotateBytes: 30, keep: 2 }, path);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) await sink.send(batch(event(number)), NEVER);
    const read = async (name: string) => readFile(join(directory, name), 'utf8');
    assert.equal(await read('rotated.jsonl'), '{"number":7}\n');
    assert.equal(await read('rotated.jsonl.1'), '{"number":5}\n{"number":6}\n');
    assert.equal(await read('rotated.jsonl.2'), '{"number":3}\n{"number":4}\n');
    assert.equal((await readdir(directory)).filter((name) => name.startsWith('rotated')).length, 3);
  });

  test('that ends in the middle of a line is cut back to whole lines, also a long one, before it goes on', async () => {
    const path = join(directory, 'torn.jsonl');
    for (const torn of ['{"num', 'x'.repeat(200_000)]) {
      {
        await using sink = fileSink({ rotateBytes: 1_000_000, keep: 1 }, path);
        await sink.send(batch(event(1)), NEVER);
      }
      await appendFile(path, torn);
      await using sink = fileSink({ rotateBytes: 1_000_000, keep: 1 }, path);
      await sink.send(batch(event(2)), NEVER);
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      assert.deepEqual(lines.slice(-2), ['{"number":1}', '{"number":2}']);
    }
  });

  test('that cannot be written says so, and takes the same batch once it can', async () => {
    const path = join(directory, 'folder');
    await using sink = fileSink({ rotateBytes: 1000, keep: 1 }, path);
    await using blocked = fileSink({ rotateBytes: 1000, keep: 1 }, join(directory, 'rotated.jsonl', 'below-a-file'));
    assert.match((await faultOf(blocked.send(batch(event(1)), NEVER))).message, /^the file cannot be written: E/);
    await sink.send(batch(event(1)), NEVER);
    assert.equal(await readFile(path, 'utf8'), '{"number":1}\n');
  });
});

describe('standard output', () => {
  test('has a line an event, and a batch waits for a reader that takes its time', async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    await using sink = streamSink(stream);
    const sending = sink.send(batch(event(1), event(2)), NEVER);
    assert.equal(String(stream.read()), '{"number":1}\n{"number":2}\n');
    await sending;
    stream.end();
    await once(stream, 'finish');
    assert.equal((await faultOf(sink.send(batch(event(3)), NEVER))).message, 'standard output does not take it');
  });
});

describe('a webhook', () => {
  test('tells a refusal of what was sent from one of the moment, and repeats nothing that the receiver said', async () => {
    await using receiver = await startWebhookReceiver();
    await using sink = aWebhookSink(receiver.url);
    const answers: [number, Record<string, string>, boolean, number | undefined][] = [
      [400, {}, true, undefined],
      [413, {}, true, undefined],
      [422, {}, true, undefined],
      [401, {}, false, undefined],
      [500, {}, false, undefined],
      [503, { 'retry-after': '7' }, false, 7000],
    ];
    for (const [status, headers, isRejection, retryAfterMs] of answers) {
      receiver.next((response) => void response.writeHead(status, headers).end('secret words'));
      const fault = await faultOf(sink.send(batch(event(1)), NEVER));
      assert.deepEqual([fault.isRejection, fault.retryAfterMs], [isRejection, retryAfterMs], String(status));
      assert.match(fault.message, new RegExp(`^localhost:\\d+ answered ${status}$`));
    }
  });
});

describe('syslog', () => {
  let server: RsyslogServer;
  before(async () => void (server = await startRsyslog()));
  after(() => server?.[Symbol.asyncDispose]());
  const to = (more: Partial<SyslogExport> = {}): Sink =>
    syslogSink(
      { ...COMMON, kind: 'syslog', host: 'localhost', port: server.port, transport: 'tls', ca: server.ca, ...more },
      { hostname: 'gateway-1', version: '1.2.3' },
    );

  test('is understood by a real server, every message of a batch, however long', async () => {
    const long = { long: 'ä"]\\ '.repeat(5_000) };
    await to().send(batch(event(1), event(2, long), event(3, 'CEF:0|a|b|c|d|e|5|msg=x\\=y')), NEVER);
    await to().send(batch(...Array.from({ length: 500 }, (_, at) => event(at + 4))), NEVER);
    for (let waits = 0; server.messages().length < 503 && waits < 500; waits++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const [first, second, third, ...rest] = server.messages();
    assert.deepEqual(first, {
      pri: '108',
      time: '2026-03-04T05:06:07.008Z',
      host: 'gateway-1',
      app: 'chaperone',
      msgid: 'exchange',
      data: '[meta sequenceId="2"][origin software="Chaperone" swVersion="1.2.3"]',
      text: '{"number":1}',
    });
    assert.deepEqual(JSON.parse(second?.text ?? ''), long);
    assert.equal(third?.text, 'CEF:0|a|b|c|d|e|5|msg=x\\=y');
    assert.deepEqual(
      rest.map(({ text }) => JSON.parse(text) as object),
      Array.from({ length: 500 }, (_, at) => ({ number: at + 4 })),
    );
  });

  test('goes to nobody whom the named authority does not vouch for, or who has another name', async () => {
    const stranger = await makeAuthority();
    const before = server.messages().length;
    assert.match(
      (await faultOf(to({ ca: stranger.certificate }).send(batch(event(1)), NEVER))).message,
      /did not take it: (?:UNABLE|SELF|CERT|DEPTH)/,
    );
    assert.match(
      (await faultOf(to({ serverName: 'other.example' }).send(batch(event(1)), NEVER))).message,
      /did not take it: ERR_TLS_CERT_ALTNAME_INVALID/,
    );
    assert.equal(server.messages().length, before);
  });

  test('that breaks off before it has read all of a batch has not taken it', async () => {
    for (const answer of [
      (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy()),
      (socket: Socket) => void socket.end(),
    ]) {
      const breaking = createServer(answer).listen(0, '127.0.0.1');
      await once(breaking, 'listening');
      const { port } = breaking.address() as { port: number };
      const large = Array.from({ length: 500 }, (_, at) => event(at, { text: 'x'.repeat(20_000) }));
      const fault = await faultOf(to({ transport: 'tcp', host: '127.0.0.1', port }).send(batch(...large), NEVER));
      assert.match(fault.message, /did not take it/);
      breaking.close();
    }
  });

  test('has a header of printable characters alone, whatever the names are', () => {
    const hostile = { ...event(1), type: `dev.chaperone.${'né w\n'.repeat(20)}` };
    const message = syslogMessage(hostile, { hostname: 'my host\u0007', version: '1"]\\' });
    assert.match(
      message,
      /^<108>1 2026-03-04T05:06:07\.008Z myhost chaperone - (?:nw){16} \[meta sequenceId="2"\]\[origin software="Chaperone" swVersion="1\\"\\\]\\\\"\] \{"number":1\}$/,
    );
  });
});

describe('an S3 bucket', () => {
  const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalr/XUtnFEMI+K7MDENG' };
  const place: S3Export = {
    ...COMMON,
    kind: 's3',
    bucket: 'audit',
    region: 'eu-central-1',
    endpoint: '',
    prefix: 'chaperone/logs (new)/',
    encryption: 'AES256',
    allowPrivate: false,
    insecureLoopback: true,
  };
  let mock: S3Mock;
  before(async () => void (mock = await startS3Mock({ ...KEYS, region: 'eu-central-1', nowMs: Date.now })));
  after(() => mock?.[Symbol.asyncDispose]());
  const to = (more: Partial<S3Export> = {}, keys: Record<string, string> = KEYS, nowMs = Date.now) =>
    s3Sink(
      { ...place, endpoint: mock.url, ...more },
      { http: post, secrets: (name) => secretOf(keys[name] ?? '')(), nowMs },
    );

  test('gets an object a batch, signed, encrypted, and under a key that sorts as the log does', async () => {
    await to().send(batch(event(12), event(13)), NEVER);
    assert.deepEqual(mock.refused, []);
    const [object] = mock.objects;
    assert.equal(
      object?.key,
      '/audit/chaperone/logs%20%28new%29/2026/03/04/gateway.example-log/000000000012-ses_1-12.jsonl',
    );
    assert.equal(object?.body, '{"number":12}\n{"number":13}\n');
    assert.equal(object?.headers['x-amz-server-side-encryption'], 'AES256');
  });

  test('replaces a batch that is sent again, also where it grew meanwhile', () => {
    assert.equal(keyOf('', batch(event(1))), keyOf('', batch(event(1), event(2))));
    assert.notEqual(keyOf('', batch(event(1))), keyOf('', batch(event(2))));
  });

  test('keeps objects from being deleted where a lock is declared, under a key of KMS where one is', async () => {
    const lock = { mode: 'COMPLIANCE', days: 2 } as const;
    await to({ lock, encryption: 'aws:kms', kmsKey: 'arn:aws:kms:x' }).send(batch(event(1)), NEVER);
    const headers = mock.objects.at(-1)?.headers ?? {};
    assert.equal(headers['x-amz-object-lock-mode'], 'COMPLIANCE');
    const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
    assert.ok(Math.abs(until - Date.now() - 2 * 86_400_000) < 60_000);
    assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
    assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], 'arn:aws:kms:x');
  });

  test('that refuses the key or the time has not taken the batch', async () => {
    const stored = mock.objects.length;
    const wrong = to({}, { ...KEYS, secretAccessKey: 'other' });
    assert.match((await faultOf(wrong.send(batch(event(1)), NEVER))).message, /answered 403$/);
    const late = to({}, KEYS, () => Date.now() - 3_600_000);
    assert.equal((await faultOf(late.send(batch(event(1)), NEVER))).isRejection, false);
    assert.deepEqual(mock.refused, ['SignatureDoesNotMatch', 'RequestTimeTooSkewed']);
    assert.equal(mock.objects.length, stored);
  });
});
