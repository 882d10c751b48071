import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import { compilePolicies } from './compile-policies.ts';
import { isTimeZone, localTime } from './local-time.ts';
import type { Policy } from './policy.ts';

describe('the time in a zone', () => {
  const cases: readonly [string, string, string][] = [
    ['2026-11-22T23:30:00Z', 'UTC', '7 2026-11-22 23:30'],
    ['2026-11-22T23:30:00Z', 'Europe/Berlin', '1 2026-11-23 0:30'],
    ['2026-07-01T22:15:59.999Z', 'Europe/Berlin', '4 2026-07-02 0:15'],
    ['2026-03-29T00:59:59Z', 'Europe/Berlin', '7 2026-03-29 1:59'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '7 2026-03-29 3:0'],
    ['2026-11-23T05:00:00Z', 'Asia/Kathmandu', '1 2026-11-23 10:45'],
    ['2026-01-01T04:59:00Z', 'America/New_York', '3 2025-12-31 23:59'],
  ];
  for (const [at, zone, expected] of cases) {
    test(`${at} in ${zone} is ${expected}`, () => {
      const { weekday, date, hour, minute } = localTime(Date.parse(at), zone);
      assert.equal(`${weekday} ${date} ${hour}:${minute}`, expected);
    });
  }

  test('zones are those of the IANA database', () => {
    assert.deepEqual(['Europe/Berlin', 'UTC', '+01:00', 'Nowhere/Land', ''].map(isTimeZone), [
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

const WORKING: Policy = {
  name: 'working hours',
  principals: 'any',
  targets: 'any',
  operations: ['read'],
  timezone: 'Europe/Berlin',
  when: 'time.weekday <= 5 && time.hour >= 9 && time.hour < 17',
  effect: 'permit',
};

test('a decision that hangs on the time is made anew when the minute is over', () => {
  let now = Date.parse('2026-11-23T15:59:59.999Z');
  const decider = compilePolicies([WORKING], { nowMs: () => now }).decider(jobOf(), targetNamed('demo'));
  const operations = [operationOf('select', 'read')];
  const before = decider({ operations });
  assert.equal(before.effect, 'permit');
  assert.equal(decider({ operations }), before);
  now += 1;
  assert.equal(decider({ operations }).effect, 'deny');
  now -= 60_000;
  assert.equal(decider({ operations }).effect, 'permit', 'a clock that was put back counts');
});

test('where nobody tells the time, what hangs on it is denied', () => {
  const decision = compilePolicies([WORKING]).decider(
    jobOf(),
    targetNamed('demo'),
  )({
    operations: [operationOf('select', 'read')],
  });
  assert.equal(decision.effect === 'deny' && decision.code, 'policy-error');
});

test('the clock is asked only where a rule asks for the time', () => {
  const nowMs = (): number => assert.fail('nobody needs the time');
  const policy: Policy = { ...WORKING, when: 'operation.kind == "select"' };
  const decider = compilePolicies([policy], { nowMs }).decider(jobOf(), targetNamed('demo'));
  assert.equal(decider({ operations: [operationOf('select', 'read')] }).effect, 'permit');
});
