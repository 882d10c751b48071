import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerAddress, Door } from './door.ts';

const RATES = { perSecond: 1, burst: 2, perSecondOfAll: 10, burstOfAll: 5 };

test('a door lets so many through of each, so many of all, and says for how long it is shut', () => {
  const door = new Door(RATES);
  const tries = (who: string, nowMs: number) => door.try(who, nowMs);
  assert.deepEqual([tries('a', 0), tries('a', 0), tries('a', 0)], [0, 0, 1]);
  assert.deepEqual([tries('b', 0), tries('b', 0), tries('c', 0), tries('d', 0)], [0, 0, 0, 1]);
  assert.deepEqual([tries('a', 1_000), tries('a', 1_000)], [0, 1]);
});

test('an address is one client; of IPv6 the network that a client has to itself', () => {
  const addresses: readonly (readonly [string, string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ];
  for (const [ip, client] of addresses) assert.equal(callerAddress({ ip }), client);
});
