import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { onEachStore } from '../../test/support/stores.ts';
import type { RunId, TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import { closeRunRow } from '../store/run-rows.ts';
import type { Store } from '../store/store.ts';
import { insertOwnRun } from './own-run.ts';
import { RunAttachments } from './run-attachments.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const GRACE_MS = 30;

async function newRun(store: Store): Promise<RunId> {
  const circumstances = { store, now: () => START, random: (bytes: number) => randomBytes(bytes) };
  const operator = { id: 'psn_01', display: 'ada', issuer: 'https://gateway.example' };
  const purpose = { target: 'pg-staging' as TargetName, purpose: 'test', seconds: 600 };
  return (await insertOwnRun(circumstances, operator, purpose)).run.id;
}

function gatewayOn(store: Store, gateway: string, draining = new AbortController()) {
  const clock = { ms: START };
  const lost: RunId[] = [];
  const ended = Promise.withResolvers<RunId>();
  const attachments = new RunAttachments({
    store,
    gateway,
    now: () => clock.ms,
    onLost: async (run) => {
      lost.push(run);
      await closeRunRow(store, run, 'clientLost', new Date(clock.ms).toISOString());
      ended.resolve(run);
    },
    onFault: (fault) => assert.fail(String(fault)),
    draining: draining.signal,
    graceMs: GRACE_MS,
  });
  return { attachments, clock, lost, ended: ended.promise };
}

onEachStore('attachments of runs', (stores) => {
  test('a run whose wrapper does not come back in time is lost', async () => {
    const store = await stores.open();
    const run = await newRun(store);
    const gateway = gatewayOn(store, 'here');
    await using attachments = gateway.attachments;
    (await attachments.attach(run)).lost();
    assert.equal(await gateway.ended, run);
  });

  test('one that comes back is not, to whichever gateway, and an older end of it says nothing', async () => {
    const store = await stores.open();
    const [here, there] = [gatewayOn(store, 'here'), gatewayOn(store, 'there')];
    await using left = here.attachments;
    await using right = there.attachments;
    const run = await newRun(store);
    const first = await left.attach(run);
    first.lost();
    const second = await right.attach(run);
    first.lost();
    await setTimeout(GRACE_MS * 4);
    here.clock.ms += 60_000;
    await left.sweep();
    assert.deepEqual([here.lost, there.lost], [[], []]);
    second.lost();
    assert.equal(await there.ended, run);
    assert.deepEqual(here.lost, []);
  });

  test('those of a gateway that went without a word are lost to whoever looks, once', async () => {
    const store = await stores.open();
    const [gone, there] = [gatewayOn(store, 'gone'), gatewayOn(store, 'there')];
    await using left = gone.attachments;
    await using right = there.attachments;
    const run = await newRun(store);
    await left.attach(run);
    there.clock.ms = START + 89_999;
    await right.sweep();
    assert.deepEqual(there.lost, []);
    there.clock.ms = START + 90_001;
    await right.sweep();
    await right.sweep();
    assert.deepEqual(there.lost, [run]);
  });

  test('a gateway that ends loses its connections, and not the runs', async () => {
    const store = await stores.open();
    const draining = new AbortController();
    const gateway = gatewayOn(store, 'here', draining);
    const attached = await gateway.attachments.attach(await newRun(store));
    draining.abort();
    attached.lost();
    await gateway.attachments[Symbol.asyncDispose]();
    const next = gatewayOn(store, 'here');
    await using attachments = next.attachments;
    next.clock.ms = START + 30_000;
    await attachments.sweep();
    assert.deepEqual([gateway.lost, next.lost], [[], []]);
  });

  test('a run that is closed is not lost as well', async () => {
    const store = await stores.open();
    const gateway = gatewayOn(store, 'here');
    await using attachments = gateway.attachments;
    const run = await newRun(store);
    const attached = await attachments.attach(run);
    await closeRunRow(store, run, 'completed', new Date(START).toISOString());
    attached.lost();
    await setTimeout(GRACE_MS * 4);
    gateway.clock.ms = START + 100_000;
    await attachments.sweep();
    assert.deepEqual(gateway.lost, []);
  });

  test('a gateway takes so many and no more', async () => {
    const store = await stores.open();
    await using limited = new RunAttachments({
      store,
      gateway: 'here',
      now: () => START,
      onLost: () => Promise.resolve(),
      onFault: (fault) => assert.fail(String(fault)),
      draining: new AbortController().signal,
      maxAttachments: 1,
    });
    await limited.attach(await newRun(store));
    await assert.rejects(
      async () => limited.attach(await newRun(store)),
      (error) => error instanceof Refused && error.refusal.code === 'connection-limit',
    );
  });
});
