import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarriersOfRuns } from './carriers-of-runs.ts';

test('a run has so many connections at once and no more, whatever another one has', async () => {
  const carriers = new CarriersOfRuns(2);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ends = [carriers.during('run_a', first.promise), carriers.during('run_a', second.promise)];
  assert.throws(() => carriers.checkRoom('run_a'), /connection-limit: This run has 2 connections already/);
  carriers.checkRoom('run_b');
  first.resolve();
  await ends[0];
  carriers.checkRoom('run_a');
  second.reject(new Error('it broke'));
  await assert.rejects(ends[1] ?? Promise.resolve(), /it broke/);
  void carriers.during('run_a', new Promise(() => undefined));
  carriers.checkRoom('run_a');
});
