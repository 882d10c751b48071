/** The record leaves for other systems from the program as it is started: a file, a webhook, metrics and traces. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { chaperone, environment, makeDataDirectory, type StartedProgram, startDemo } from './program.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

interface Event {
  readonly class_uid: number;
  readonly activity_name: string;
  readonly status: string;
  readonly metadata: { readonly uid: string };
  readonly unmapped: Readonly<Record<string, unknown>>;
}

describe('a gateway that exports', () => {
  let gateway: StartedProgram;
  let hook: WebhookReceiver;
  let collector: OtlpReceiver;
  before(async () => {
    hook = await startWebhookReceiver();
    collector = await startOtlpReceiver();
    gateway = await startDemo(await makeDataDirectory(), undefined, tracing());
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await hook?.[Symbol.asyncDispose]();
    await collector?.[Symbol.asyncDispose]();
  });

  const tracing = () => ({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20key',
  });
  const events = async () => {
    const text = await readFile(join(gateway.dataDirectory, 'exports', 'files', 'plain.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
  };
  const exportsNow = async () => {
    const { stdout } = await gateway.chaperone('export', '--json');
    return (JSON.parse(stdout) as { exports: { name: string; state: string; behind: number; delivered: number }[] })
      .exports;
  };
  const caughtUp = () =>
    until(async () => {
      const all = await exportsNow();
      return all.length === 2 && all.every(({ behind, state }) => behind === 0 && state === 'ok');
    });

  test('begins when its exports are applied, and shows no secret of them', async () => {
    const file = join(gateway.dataDirectory, 'exports.yaml');
    const text = `exports:
  - { name: plain, kind: file }
  - { name: hook, kind: webhook, url: "${hook.url}", insecureLoopback: true, format: ecs, secret: { value: ${SECRET} } }
`;
    await writeFile(file, text);
    const applied = await gateway.chaperone('apply', '--yes', file);
    assert.equal(applied.status, 0, applied.stderr);
    assert.match(applied.stdout, /^\+ create export hook$/m);
    assert.ok(!`${applied.stdout}${applied.stderr}`.includes(SECRET));
    await caughtUp();
  });

  test('tells what a run did, once each, to every export', async () => {
    const ran = await gateway.chaperone(
      'run',
      '--target',
      'demo',
      '--',
      'chaperone',
      'sql',
      'select name, email from customers limit 2',
    );
    assert.equal(ran.status, 0, ran.stderr);
    const isQuery = ({ class_uid: kind, activity_name: name }: Event) => kind === 6005 && name === 'Query';
    await until(async () => (await events()).some(isQuery));
    await caughtUp();
    const all = await events();
    const query = all.find(isQuery);
    assert.deepEqual([query?.status, query?.unmapped['rows']], ['Success', 2]);
    const ids = all.map(({ metadata }) => metadata.uid);
    assert.equal(new Set(ids).size, ids.length);
    const posted = () => hook.received.flatMap(({ body }) => JSON.parse(body) as { source: string; id: string }[]);
    const told = posted().map(({ source, id }) => `${source.slice(2)}/${id}`);
    const written = ids.filter((id) => !id.includes('#'));
    // More may have come to the one while the other was read.
    assert.deepEqual(told.slice(0, written.length), written);
    assert.equal(new Set(told).size, told.length);
    for (const { body, headers } of hook.received) new Webhook(SECRET).verify(body, headers);
    assert.ok(!JSON.stringify([all, posted()]).includes('select name'));
  });

  test('goes on where it was after it is started again, and sends all of it once more when that is asked for', async () => {
    await gateway.stop();
    gateway = await startDemo(gateway.dataDirectory, gateway.ready, tracing());
    await caughtUp();
    const all = (await events()).map(({ metadata }) => metadata.uid);
    assert.equal(new Set(all).size, all.length);
    const replayed = await gateway.chaperone('export', 'replay', 'plain', '--from', '0');
    assert.equal(replayed.status, 0, replayed.stderr);
    const last = all.at(-1) ?? '';
    const ids = async () => (await events()).map(({ metadata }) => metadata.uid);
    await until(async () => (await ids()).filter((id) => id === last).length === 2);
    // That it was asked for is an event too, and may arrive before what is sent again.
    const told = await ids();
    assert.deepEqual(told.slice(told.lastIndexOf(all[0] ?? '')).slice(0, all.length), all);
    const beyond = await gateway.chaperone('export', 'replay', 'plain', '--from', '999999');
    assert.match(beyond.stderr, /The log has \d+ entries, so there is no entry 999999/);
  });

  test('is measured: metrics that promtool takes, for whoever has a token', async () => {
    const ran = await gateway.chaperone('run', '--target', 'demo', '--', 'chaperone', 'sql', 'select 1');
    assert.equal(ran.status, 0, ran.stderr);
    const token = (await readFile(join(gateway.dataDirectory, 'admin-token'), 'utf8')).trim();
    const refused = await scrape(gateway.ready.url, undefined);
    assert.equal(refused.status, 401);
    const { status, text } = await scrape(gateway.ready.url, token);
    assert.equal(status, 200);
    assert.match(text, /^chaperone_exchanges_total\{target="demo",outcome="ok"\} [1-9]/m);
    assert.match(text, /^chaperone_export_up\{export="hook",kind="webhook"\} 1$/m);
    assert.match(text, /^chaperone_log_up 1$/m);
    assert.match(text, /^chaperone_scrape_faults 0$/m);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(checked.error, undefined, 'promtool is missing: install the Debian package prometheus');
    assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
  });

  test('is traced: spans as OpenTelemetry defines them, without a word of a statement', async () => {
    await until(() => Promise.resolve(collector.spans.some(({ name }) => name.startsWith('session '))));
    assert.deepEqual(collector.problems, []);
    assert.equal(collector.headers[0]?.['x-api-key'], 'a key');
    const span = collector.spans.find(({ attributes }) => attributes['db.operation.name'] === 'select');
    const session = collector.spans.find(({ spanId }) => spanId === span?.parentSpanId);
    assert.equal(session?.traceId, span?.traceId);
    assert.equal(span?.attributes['db.system.name'], 'postgresql');
    assert.match(String(span?.attributes['db.query.summary']), /^select (?:public\.)?customers$/);
    assert.deepEqual(span?.events, ['decided', 'recorded', 'forwarded', 'first reply', 'replied']);
    assert.ok(!JSON.stringify(collector.spans).includes('limit 2'));
  });

  test('continues the trace of whoever started the run', async () => {
    const env = environment(gateway.dataDirectory, { TRACEPARENT: TRACE });
    const ran = await chaperone(['run', '--target', 'demo', '--', 'chaperone', 'sql', 'select 1'], env);
    assert.equal(ran.status, 0, ran.stderr);
    await until(() => Promise.resolve(collector.spans.some(({ traceId }) => traceId === TRACE.slice(3, 35))));
    assert.deepEqual(collector.problems, []);
  });
});

function scrape(url: string, token: string | undefined): Promise<{ readonly status: number; readonly text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    get(`${url}/metrics`, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    }).on('error', reject);
  });
}
