import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloadOn } from './reload-on.ts';
import type { Store } from './store.ts';

test('a reload that fails is told, and one that was under way when nobody watched any more is not', async () => {
  let changed: () => void = () => assert.fail('nobody watches');
  const watch: Store['watch'] = (topic, listener) => {
    assert.equal(topic, 'configuration');
    changed = listener;
    return () => {
      changed = () => undefined;
    };
  };
  let reload = Promise.withResolvers<void>();
  const told: unknown[] = [];
  const stop = reloadOn(
    { watch } as Store,
    'configuration',
    () => reload.promise,
    (cause) => told.push(cause),
  );
  changed();
  reload.reject('the first');
  await reload.promise.catch(() => undefined);
  assert.deepEqual(told, ['the first']);
  reload = Promise.withResolvers();
  changed();
  stop();
  reload.reject('the second');
  await reload.promise.catch(() => undefined);
  assert.deepEqual(told, ['the first']);
});
