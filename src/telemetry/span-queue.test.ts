import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aPrincipal, aRun, aTarget } from '../../test/support/audit-log.ts';
import { problemsOf, requestType, startOtlpReceiver } from '../../test/support/otlp-receiver.ts';
import type { SessionId } from '../model/ids.ts';
import { LIMITS, type Limits } from '../model/limits.ts';
import { type Span, traceRequest } from './otlp.ts';
import type { ClockedExchange } from './session-clock.ts';
import { traceSession } from './session-trace.ts';
import { SpanQueue } from './span-queue.ts';

const SPAN: Span = {
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  name: 'select orders',
  kind: 'client',
  startNs: 1_790_000_000_123_456_000n,
  endNs: 1_790_000_000_223_456_000n,
  attributes: { text: 'x', whole: 7, part: 0.5, flag: true, list: ['a', 'b'], absent: undefined },
  events: [{ name: 'decided', atNs: 1_790_000_000_123_556_000n }],
  isError: true,
};
const EXCHANGE: ClockedExchange = {
  number: 3,
  request: {
    operations: [
      {
        kind: 'select',
        access: 'read',
        tables: [{ schema: 'public', name: 'orders', use: 'read' }],
        functions: [],
        hasWhere: true,
        flags: [],
      },
    ],
    body: () => assert.fail('a trace never asks for the text'),
  },
  decision: { effect: 'permit', rules: ['readers'], obligations: [], policy: 'ab' },
  outcome: 'error',
  code: '42P01',
  rows: 0,
  bytes: 10,
  beganMs: 1,
  overMs: 2,
  stages: [['decided', 1]],
};

function queue(send: (body: string) => Promise<void>, more: Partial<Limits> = {}, faults: unknown[] = []) {
  const limits = { ...LIMITS, ...more };
  return new SpanQueue({
    resource: { 'service.name': 'x' },
    version: '1',
    send,
    limits,
    onFault: (fault) => faults.push(fault),
  });
}

describe('a span', () => {
  test('is what OpenTelemetry’s own schema has, in its JSON', () => {
    const value: unknown = JSON.parse(JSON.stringify(traceRequest([SPAN], { 'service.name': 'x' }, '1')));
    assert.deepEqual(problemsOf(value, requestType(), ''), []);
  });

  test('with a member that is made up, or an id of another length, is not', () => {
    const type = requestType();
    const wrong = JSON.parse(
      JSON.stringify(traceRequest([{ ...SPAN, traceId: 'ab' }], {}, '1')).replace('"kind"', '"sort"'),
    ) as unknown;
    assert.deepEqual(problemsOf(wrong, type, ''), [
      '.resourceSpans[0].scopeSpans[0].spans[0].traceId is no bytes',
      '.resourceSpans[0].scopeSpans[0].spans[0].sort is not in Span',
    ]);
  });
});

describe('the spans of a session', () => {
  const spansOf = (traceparent: string | undefined, ratio: number) => {
    const spans: Span[] = [];
    const run = { ...aRun('run_1'), asserted: traceparent === undefined ? {} : { traceparent } };
    const outlet = traceSession('ses_1' as SessionId, aPrincipal(run), aTarget(), {
      ratio,
      add: (span) => spans.push(span),
    });
    outlet?.exchange(EXCHANGE);
    outlet?.closed('completed');
    return spans;
  };

  test('are in the trace that the run brought, below its span, and say what was done and not how it was worded', () => {
    const [exchange, session] = spansOf('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 0);
    assert.deepEqual(
      [exchange?.traceId, session?.traceId, session?.parentSpanId],
      ['0af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
    );
    assert.equal(exchange?.parentSpanId, session?.spanId);
    const { attributes, name, isError } = exchange ?? assert.fail();
    assert.deepEqual(
      [
        name,
        isError,
        attributes['db.system.name'],
        attributes['db.namespace'],
        attributes['db.operation.name'],
        attributes['db.collection.name'],
        attributes['db.response.status_code'],
        attributes['error.type'],
      ],
      ['select public.orders', true, 'postgresql', 'shop', 'select', 'public.orders', '42P01', '42P01'],
    );
    assert.equal(attributes['vcs.repository.url.full'], 'https://github.com/acme/shop');
    assert.ok(!JSON.stringify([attributes]).includes('octavia'));
  });

  test('are in one trace for all sessions of a run that brought none', () => {
    const [one] = spansOf(undefined, 1);
    assert.equal(one?.traceId, spansOf(undefined, 1)[0]?.traceId);
    assert.match(one?.traceId ?? '', /^[0-9a-f]{32}$/);
  });

  test('are not there where the trace is not sampled, by the caller’s word before our own share', () => {
    assert.deepEqual(spansOf('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', 1), []);
    assert.deepEqual(spansOf(undefined, 0), []);
    assert.equal(spansOf('not a traceparent', 1).length, 2);
  });
});

describe('the queue of spans', () => {
  test('sends what waits, in batches, and at the end what is left', async () => {
    await using receiver = await startOtlpReceiver();
    const sizes: number[] = [];
    const send = async (body: string) => {
      sizes.push(
        (JSON.parse(body) as { resourceSpans: [{ scopeSpans: [{ spans: unknown[] }] }] }).resourceSpans[0].scopeSpans[0]
          .spans.length,
      );
      const { status } = await fetch(receiver.url, { method: 'POST', body });
      assert.equal(status, 200);
    };
    const spans = queue(send, { traceBatchSpans: 4 });
    for (let number = 0; number < 10; number++) spans.add(SPAN);
    await spans[Symbol.asyncDispose]();
    assert.deepEqual(
      [sizes, receiver.spans.length, receiver.problems, spans.sent, spans.dropped],
      [[4, 4, 2], 10, [], 10, 0],
    );
  });

  test('drops and counts what is beyond its bound, and waits for nobody', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const spans = queue(() => promise, { traceBatchSpans: 2, traceQueueSpans: 3 });
    for (let number = 0; number < 10; number++) spans.add(SPAN);
    assert.deepEqual([spans.queued, spans.dropped], [3, 5]);
    resolve();
    await spans[Symbol.asyncDispose]();
    assert.deepEqual([spans.sent, spans.dropped], [5, 5]);
  });

  test('drops a batch that the collector does not take, tells it once, and goes on with the next', async () => {
    const faults: unknown[] = [];
    let isAway = true;
    const spans = queue(
      () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve()),
      { traceBatchSpans: 1 },
      faults,
    );
    for (let number = 0; number < 3; number++) {
      spans.add(SPAN);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual([spans.sent, spans.dropped, faults.length], [0, 3, 1]);
    isAway = false;
    spans.add(SPAN);
    await spans[Symbol.asyncDispose]();
    assert.equal(spans.sent, 1);
  });
});
