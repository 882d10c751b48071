import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { auditDirectory, exchange, openLog } from '../../test/support/audit-log.ts';
import { anExporter, aWebhookSink, FAST, until, WEBHOOK_SECRET } from '../../test/support/export-parts.ts';
import { aNamedSession, everyExchange, follower, readAll } from '../../test/support/exported-log.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../test/support/webhook-receiver.ts';
import type { Batch, Sink } from './sinks/sink.ts';
import { SinkFault } from './sinks/sink.ts';

const DEADLINE = { timeout: 20_000 };

interface Told {
  readonly id: string;
  readonly source: string;
}

/** What a receiver has seen: each event by its id, in the order in which it came first. */
function seen({ received }: Pick<WebhookReceiver, 'received'>): string[] {
  return [...new Set(received.flatMap(({ body }) => (JSON.parse(body) as Told[]).map(({ id }) => id)))];
}

async function aLog(exchanges: number): Promise<{ readonly directory: string; readonly ids: readonly string[] }> {
  const directory = auditDirectory(after);
  await using log = await openLog(directory);
  const session = await aNamedSession(log, 'one');
  await everyExchange(session);
  for (let number = 10; number < 10 + exchanges; number++) await exchange(session, number, 'select 1', 'x');
  await session.close('completed');
  await log.sync();
  const records = await readAll(follower(directory));
  const ids = records.flatMap((one) => {
    const isRefused =
      one.kind === 'exchange' && (one.end.refusal !== undefined || one.request?.decision?.effect === 'deny');
    return isRefused ? [one.id, `${one.id}#finding`] : [one.id];
  });
  return { directory, ids };
}

/** A sink in memory, which may refuse. */
function aSink(accept: (batch: Batch) => Error | undefined) {
  const ids: string[] = [];
  const sizes: number[] = [];
  const sink: Sink = {
    send: ({ events, ...batch }) => {
      const fault = accept({ events, ...batch });
      if (fault !== undefined) return Promise.reject(fault);
      ids.push(...events.map(({ id }) => id));
      sizes.push(events.length);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { sink, ids, sizes };
}

describe('an export', () => {
  test('brings a receiver every event, signed, in order and in batches', DEADLINE, async ({ signal }) => {
    const { directory, ids } = await aLog(600);
    await using receiver = await startWebhookReceiver();
    await using exporter = anExporter(directory, aWebhookSink(receiver.url));
    await until(() => exporter.progress.delivered === ids.length, signal);
    assert.deepEqual(seen(receiver), ids);
    const [first] = receiver.received;
    assert.ok(first);
    assert.ok(receiver.received.length > 1);
    assert.ok(receiver.received.every(({ body }) => (JSON.parse(body) as Told[]).length <= FAST.exportBatchEvents));
    assert.equal(first.headers['content-type'], 'application/cloudevents-batch+json; charset=utf-8');
    assert.equal(first.headers['webhook-id'], `gateway.example/log/${ids[0]}`);
    new Webhook(WEBHOOK_SECRET).verify(first.body, first.headers);
    assert.throws(() => new Webhook(WEBHOOK_SECRET).verify(`${first.body} `, first.headers));
  });

  test(
    'loses nothing while its receiver is down, and goes on after a restart where it was',
    DEADLINE,
    async ({ signal }) => {
      const { directory, ids } = await aLog(50);
      const faults: string[] = [];
      const limits = { ...FAST, exportBatchEvents: 20 };
      await using receiver = await startWebhookReceiver();
      {
        await using exporter = anExporter(directory, aWebhookSink(receiver.url), { limits, faults });
        await until(() => exporter.progress.delivered >= 20, signal);
      }
      const before = seen(receiver).length;
      const { port } = receiver;
      await receiver[Symbol.asyncDispose]();
      await using exporter = anExporter(directory, aWebhookSink(receiver.url), { limits, faults });
      if (before < ids.length) {
        await until(() => exporter.progress.state === 'failing', signal);
        assert.match(exporter.progress.lastFault ?? '', /did not answer: ECONNREFUSED$/);
      }
      await using back = await startWebhookReceiver({ port });
      await until(() => exporter.progress.delivered === ids.length, signal);
      assert.deepEqual([...new Set([...seen(receiver), ...seen(back)])], ids);
      assert.equal(exporter.progress.state, 'ok');
      assert.ok(faults.length <= 2, 'one fault is told once');
    },
  );

  test('follows a log that goes on', DEADLINE, async ({ signal }) => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const { sink, ids } = aSink(() => undefined);
    await using exporter = anExporter(directory, sink);
    const session = await aNamedSession(log, 'on');
    await log.sync();
    await until(() => exporter.progress.delivered === 2, signal);
    await exchange(session, 1, 'select 1', 'x');
    await session.close('completed');
    await log.sync();
    await until(() => exporter.progress.delivered === 4, signal);
    assert.deepEqual(ids, ['entry/0', 'ses_on/0', 'ses_on/2', 'ses_on/3']);
  });

  test(
    'is sent again from an entry on when that is asked for, and from the same place after a restart',
    DEADLINE,
    async ({ signal }) => {
      const { directory, ids } = await aLog(5);
      const first = aSink(() => undefined);
      {
        await using exporter = anExporter(directory, first.sink);
        await until(() => exporter.progress.delivered === ids.length, signal);
        await Promise.all([exporter.replay(0), exporter.replay(1)]);
        await until(() => first.ids.length >= 2 * ids.length - 1 && first.ids.at(-1) === ids.at(-1), signal);
        assert.deepEqual(first.ids.slice(1 - ids.length), ids.slice(1));
      }
      const second = aSink(() => undefined);
      await using exporter = anExporter(directory, second.sink);
      await until(() => exporter.progress.index > 0, signal);
      assert.deepEqual(second.ids, []);
    },
  );

  test('that begins now sends nothing of what was before', DEADLINE, async ({ signal }) => {
    const { directory } = await aLog(5);
    const { sink, ids } = aSink(() => undefined);
    await using exporter = anExporter(directory, sink, { from: 'now' });
    await until(() => exporter.progress.index > 0, signal);
    assert.deepEqual(ids, []);
  });
});

describe('an event that cannot be sent', () => {
  const refusing = (id: string) => (batch: Batch) =>
    batch.events.some((event) => event.id === id) ? new SinkFault('no', { isRejection: true }) : undefined;

  test('is found among others, put aside and told, and the others arrive', DEADLINE, async ({ signal }) => {
    const { directory, ids } = await aLog(100);
    const faults: string[] = [];
    const { sink, ids: arrived } = aSink(refusing('ses_one/4'));
    await using exporter = anExporter(directory, sink, { faults });
    await until(() => exporter.progress.delivered === ids.length - 1, signal);
    assert.deepEqual(
      arrived,
      ids.filter((id) => id !== 'ses_one/4'),
    );
    assert.equal(exporter.progress.aside, 1);
    const list = readFileSync(join(directory, '..', 'exports', 'hook.aside.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const [one] = list.map((line) => JSON.parse(line) as { id: string; why: string; index: number });
    assert.deepEqual([list.length, one?.id, one?.why], [1, 'ses_one/4', 'refused: no']);
    assert.ok(faults.includes('the export hook put ses_one/4 aside: refused: no'));
  });

  test('is not put aside where the receiver takes nothing at all', DEADLINE, async ({ signal }) => {
    const { directory } = await aLog(5);
    let attempts = 0;
    const { sink } = aSink(() => {
      attempts++;
      return new SinkFault('no', { isRejection: true });
    });
    await using exporter = anExporter(directory, sink);
    await until(() => attempts > 20, signal);
    assert.equal(exporter.progress.aside, 0);
    assert.equal(exporter.progress.state, 'failing');
    assert.ok(!existsSync(join(directory, '..', 'exports', 'hook.aside.jsonl')));
  });

  test(
    'stops being put aside where one after another is refused: then the receiver is what is wrong',
    DEADLINE,
    async ({ signal }) => {
      const { directory } = await aLog(30);
      let taken = 0;
      const { sink } = aSink(({ events }) =>
        taken < 3 && events.length === 1 && ++taken ? undefined : new SinkFault('no', { isRejection: true }),
      );
      await using exporter = anExporter(directory, sink);
      await until(() => exporter.progress.aside === 3, signal);
      const refusals = exporter.progress;
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.deepEqual([exporter.progress.aside, exporter.progress.state, refusals.delivered], [3, 'failing', 3]);
    },
  );
});

describe('a cursor', () => {
  test(
    'of another log, or one that is damaged, is no beginning: nothing is sent, and why is told',
    DEADLINE,
    async ({ signal }) => {
      const { directory, ids } = await aLog(1);
      const { sink, ids: arrived } = aSink(() => undefined);
      {
        await using exporter = anExporter(directory, sink);
        await until(() => exporter.progress.delivered === ids.length, signal);
      }
      const path = join(directory, '..', 'exports', 'hook.cursor.json');
      const sound = readFileSync(path, 'utf8');
      for (const [text, why] of [
        [sound.replace('gateway.example', 'other.example'), /is of the log other\.example\/log/],
        [sound.replace('"delivered"', '"delivere"'), /is damaged/],
        [sound.slice(0, 20), /is damaged/],
      ] as const) {
        writeFileSync(path, text);
        await using exporter = anExporter(directory, sink);
        await until(() => exporter.progress.state === 'failing', signal);
        assert.match(exporter.progress.lastFault ?? '', why);
      }
      assert.equal(arrived.length, ids.length);
    },
  );

  test('says nothing of what was exported', DEADLINE, async ({ signal }) => {
    const { directory, ids } = await aLog(1);
    const { sink } = aSink(() => undefined);
    await using exporter = anExporter(directory, sink, { people: true, statements: true });
    await until(() => exporter.progress.delivered === ids.length, signal);
    const text = readFileSync(join(directory, '..', 'exports', 'hook.cursor.json'), 'utf8');
    for (const word of ['octavia', 'orders', 'select', '10.1.2.3']) assert.ok(!text.includes(word), word);
  });
});
