import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPrincipal, aRun, aTarget } from '../../test/support/audit-log.ts';
import type { SessionId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { openTelemetry } from './telemetry.ts';

const REQUEST = { operations: [], body: () => assert.fail('nobody asks for the text') };

test('what happens in sessions is counted, and traced where a collector is named', async () => {
  const bodies: string[] = [];
  const traces = {
    ratio: 1,
    resource: { 'service.name': 'gateway' },
    send: (body: string) => {
      bodies.push(body);
      return Promise.resolve();
    },
  };
  const base = { version: '1', limits: LIMITS, onFault: (fault: unknown) => assert.fail(String(fault)) };
  for (const [traced, spans] of [
    [{ ...base, traces }, 2],
    [base, undefined],
  ] as const) {
    const telemetry = openTelemetry(traced);
    const target = aTarget();
    const watch = telemetry.totals.session('ses_1' as SessionId, aPrincipal(aRun('run_1')), target);
    watch.begin(REQUEST);
    watch.over();
    watch.closed('completed');
    assert.equal(telemetry.totals.targets.get(target.name)?.outcomes.failed, 1);
    await telemetry[Symbol.asyncDispose]();
    assert.equal(telemetry.spans?.sent, spans);
  }
  assert.equal(bodies.length, 1);
});
