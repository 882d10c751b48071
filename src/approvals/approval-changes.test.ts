import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { answerOf, gatewayAt, heldRequest, person } from '../../test/support/held-requests.ts';

test('many changes in a row are few looks at the store, and each is told once the last of them was made', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'approvals-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using gateway = await gatewayAt({ file: join(directory, 'store.sqlite') });
  const { service } = gateway;
  const states = new Map<string, string>();
  let told = Promise.withResolvers<void>();
  let changes = 0;
  service.onChange(({ id, state }) => {
    changes++;
    states.set(id, state);
    told.resolve();
  });
  const first = await service.hold(heldRequest({ text: 'first' }));
  await told.promise;
  told = Promise.withResolvers();
  const holds = await Promise.all(Array.from({ length: 50 }, (_, n) => service.hold(heldRequest({ text: `${n}` }))));
  for (const hold of holds) await service.decide(hold.id, answerOf('deny', person('ada'), hold));
  // All were filed and answered while those who watch rest: none of it was looked at.
  assert.deepEqual([changes, states.get(first.id)], [1, 'pending']);
  t.mock.timers.tick(100);
  await told.promise;
  assert.equal(changes, 51);
  assert.deepEqual(holds.map(({ id }) => states.get(id)).filter((state) => state === 'denied').length, 50);
});
