import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../model/decision.ts';
import type { Request } from '../model/request.ts';
import { type ClockedExchange, SessionClock } from './session-clock.ts';
import { TargetTotals } from './target-totals.ts';

const REQUEST: Request = { operations: [], body: () => ({ media: '', bytes: new Uint8Array() }) };
const PERMIT: Decision = { effect: 'permit', rules: [], obligations: [], policy: '' };

function clocked() {
  let now = 0;
  const totals = new TargetTotals();
  const traced: ClockedExchange[] = [];
  const clock = new SessionClock(totals, { exchange: (one) => traced.push(one), closed: () => undefined }, () => now);
  return { clock, totals, traced, pass: (ms: number) => void (now += ms) };
}

const sumOf = (totals: TargetTotals, of: 'overhead' | 'upstream' | 'holds') =>
  totals[of].samples('x', {}).find(({ metricName }) => metricName === 'x_sum')?.value ?? 0;

describe('the clock of a session', () => {
  test('takes apart what people, upstream and client took, and the rest is the gateway’s own', () => {
    const { clock, totals, traced, pass } = clocked();
    clock.begin(REQUEST);
    pass(1);
    clock.decided(PERMIT);
    pass(2);
    clock.recorded();
    clock.held();
    pass(60_000);
    clock.answered();
    pass(3);
    clock.forwarded();
    for (const [upstream, own, client] of [
      [100, 4, 1_000],
      [200, 5, 2_000],
    ] as const) {
      pass(upstream);
      clock.arrived();
      pass(own);
      clock.shown(50);
      pass(client);
      clock.taken();
    }
    pass(300);
    clock.arrived();
    pass(6);
    clock.shown(10);
    clock.replied({ status: 'ok', rows: 7 }, [
      { by: 'column', name: 'email', count: 3 },
      { by: 'detector', name: 'iban', count: 1 },
    ]);
    pass(5_000);
    clock.taken();
    clock.over();
    assert.deepEqual([sumOf(totals, 'holds'), sumOf(totals, 'upstream')], [60, 0.6]);
    assert.equal(sumOf(totals, 'overhead').toFixed(3), '0.021');
    assert.deepEqual([totals.outcomes.ok, totals.permitted, totals.replyBytes, totals.rows], [1, 1, 110, 7]);
    assert.deepEqual([totals.maskedByColumn, totals.maskedByDetector], [3, 1]);
    assert.deepEqual(
      traced[0]?.stages.map(([name, at]) => `${name} ${at}`),
      ['decided 1', 'recorded 3', 'held 3', 'answered 60003', 'forwarded 60006', 'first reply 60106', 'replied 63621'],
    );
  });

  test('counts a refusal by its code, and one that broke as failed', () => {
    const { clock, totals, pass } = clocked();
    clock.begin(REQUEST);
    clock.decided({ effect: 'deny', code: 'policy-denied', rules: [], reason: '', policy: '' });
    clock.refused('policy-denied');
    clock.over();
    clock.begin(REQUEST);
    clock.forwarded();
    pass(5);
    clock.over();
    assert.deepEqual([totals.outcomes.refused, totals.outcomes.failed, totals.denied], [1, 1, 1]);
    assert.deepEqual([...totals.refusals], [['policy-denied', 1]]);
  });

  test('has nobody waiting once a held exchange broke off, and no session once it closed', () => {
    const { clock, totals } = clocked();
    assert.equal(totals.sessionsLive, 1);
    clock.begin(REQUEST);
    clock.held();
    assert.equal(totals.holding, 1);
    clock.over();
    assert.equal(totals.holding, 0);
    clock.closed('clientLeft');
    assert.deepEqual(
      [totals.sessionsLive, totals.sessionsOpened, [...totals.sessionEnds]],
      [0, 1, [['clientLeft', 1]]],
    );
  });

  test('tells no exchange what the one before it was', () => {
    const { clock, totals, traced } = clocked();
    clock.begin(REQUEST);
    clock.forwarded();
    clock.arrived();
    clock.shown(100);
    clock.replied({ status: 'error', code: '42P01', rows: 5 }, []);
    clock.over();
    clock.begin(REQUEST);
    clock.over();
    assert.deepEqual(
      traced.map(({ number, outcome, code, rows, bytes, stages }) => [
        number,
        outcome,
        code,
        rows,
        bytes,
        stages.length,
      ]),
      [
        [1, 'error', '42P01', 5, 100, 3],
        [2, 'failed', undefined, 0, 0, 0],
      ],
    );
    assert.equal(totals.rows, 5);
  });
});
