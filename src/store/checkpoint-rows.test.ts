import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import { findCheckpoint, keepCheckpoint } from './checkpoint-rows.ts';

const now = '2026-01-02T03:04:05.006Z';

onEachStore('the newest checkpoints of logs', (fixture) => {
  test('are one for each log, and never become older', async () => {
    const store = await fixture.open();
    const keep = (origin: string, size: number, checkpoint: string) =>
      keepCheckpoint(store, { origin, size, checkpoint, now });
    assert.equal(await findCheckpoint(store, 'a.example/log'), undefined);
    await keep('a.example/log', 7, 'seven');
    await keep('b.example/log', 3, 'three');
    await keep('a.example/log', 6, 'six');
    assert.equal(await findCheckpoint(store, 'a.example/log'), 'seven');
    await keep('a.example/log', 7, 'seven, signed anew');
    assert.equal(await findCheckpoint(store, 'a.example/log'), 'seven, signed anew');
    await keep('a.example/log', 5_000_000_000, 'many');
    assert.equal(await findCheckpoint(store, 'a.example/log'), 'many');
    assert.equal(await findCheckpoint(store, 'b.example/log'), 'three');
  });
});
