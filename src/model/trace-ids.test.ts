import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeSpanId, parseTraceParent, runTraceId, sessionSpanId } from './trace-ids.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a traceparent is read as W3C Trace Context has it, and anything else is none', () => {
  assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-01`), { traceId: TRACE, spanId: SPAN, sampled: true });
  assert.deepEqual(parseTraceParent(`00-${TRACE}-${SPAN}-02`), { traceId: TRACE, spanId: SPAN, sampled: false });
  for (const text of [
    undefined,
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
  ]) {
    assert.equal(parseTraceParent(text), undefined, String(text));
  }
});

test('ids of runs, sessions and exchanges are the same for whoever asks, and no two alike', () => {
  assert.match(runTraceId('run_1'), /^[0-9a-f]{32}$/);
  assert.match(exchangeSpanId('ses_1', 1), /^[0-9a-f]{16}$/);
  assert.equal(runTraceId('run_1'), runTraceId('run_1'));
  const spans = [
    sessionSpanId('ses_1'),
    exchangeSpanId('ses_1', 1),
    exchangeSpanId('ses_1', 11),
    exchangeSpanId('ses_11', 1),
  ];
  assert.equal(new Set(spans).size, 4);
});
