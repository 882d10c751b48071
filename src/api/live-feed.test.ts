import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, mock, test } from 'node:test';
import { LIMITS } from '../model/limits.ts';
import type { Caller } from './caller.ts';
import type { EventStream } from './event-stream.ts';
import { ListenerPlaces } from './listener-places.ts';
import { type LiveEvent, LiveFeed } from './live-feed.ts';

const ADA: Caller = { kind: 'person', name: 'ada', scopes: new Set(['sessions:read']) };
const event = (id: string): LiveEvent => ({ type: 'session', id, run: 'run_1', state: 'open' });
const again = () => Promise.resolve(ADA);

function makeFeed(maySee: (caller: Caller, event: LiveEvent) => boolean | Promise<boolean> = () => true) {
  const state = { tell: (_event: LiveEvent): void => assert.fail('nobody watches'), watching: 0 };
  const feed = new LiveFeed({
    watch: (tell) => {
      state.watching++;
      state.tell = tell;
      return () => void state.watching--;
    },
    maySee,
    epoch: 'e1',
    places: new ListenerPlaces(),
  });
  return { feed, state };
}

/** What a stream has to say by now. */
async function said(stream: EventStream): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve));
  let text = '';
  for (;;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) return text;
    text += chunk.toString();
  }
}

const datas = (text: string) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as unknown);

describe('a feed of what happens', () => {
  test('is watched once for all who listen, and not at all where nobody does', async () => {
    const { feed, state } = makeFeed();
    assert.equal(state.watching, 0);
    const streams = [feed.listen(ADA, again, undefined), feed.listen(ADA, again, undefined)];
    assert.equal(state.watching, 1);
    state.tell(event('ses_1'));
    for (const stream of streams) assert.deepEqual(datas(await said(stream)), [event('ses_1')]);
    for (const stream of streams) {
      stream.destroy();
      await once(stream, 'close');
    }
    assert.equal(state.watching, 0);
  });

  test('tells nobody what they may not know, nor what cannot be judged, and keeps the order of the rest', async () => {
    const answers: Record<string, () => boolean | Promise<boolean>> = {
      ses_1: () => new Promise((resolve) => setTimeout(() => resolve(true), 5)),
      ses_2: () => false,
      ses_3: () => Promise.reject(new Error('the store is gone')),
      ses_4: () => true,
    };
    const { feed, state } = makeFeed((_caller, told) =>
      told.type === 'session' ? (answers[told.id]?.() ?? false) : true,
    );
    const stream = feed.listen(ADA, again, undefined);
    for (const id of ['ses_1', 'ses_2', 'ses_3', 'ses_4']) state.tell(event(id));
    let text = '';
    while (datas(text).length < 2) text += await said(stream);
    assert.deepEqual(datas(text), [event('ses_1'), event('ses_4')]);
    stream.destroy();
  });

  test('a client that does not read costs no more than its backlog, and is told to load anew', async () => {
    const { feed, state } = makeFeed();
    const stream = feed.listen(ADA, again, undefined);
    const count = 5_000;
    for (let number = 0; number < count; number++) {
      state.tell(event(`ses_${number}`));
      if (number % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(stream.readableLength < LIMITS.eventBacklogBytes + 1_024, String(stream.readableLength));
    let text = '';
    while (!text.includes('refresh')) text += await said(stream);
    assert.ok(datas(text).length < count);
    assert.deepEqual(datas(text).at(-1), { type: 'refresh' });
    state.tell(event('ses_after'));
    assert.deepEqual(datas(await said(stream)), [event('ses_after')]);
    stream.destroy();
  });

  test('a client that reads nothing for two heartbeats is cut off', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const { feed, state } = makeFeed();
      const stream = feed.listen(ADA, again, undefined);
      for (let number = 0; !stream.full; number++) {
        state.tell(event(`ses_${number}`));
        await new Promise((resolve) => setImmediate(resolve));
      }
      mock.timers.tick(LIMITS.eventHeartbeatMs);
      assert.equal(stream.destroyed, false);
      mock.timers.tick(LIMITS.eventHeartbeatMs);
      assert.equal(stream.destroyed, true);
    } finally {
      mock.timers.reset();
    }
  });

  test('who lost the right to listen is cut off with the next heartbeat, and at once where that is said', async () => {
    const { feed } = makeFeed();
    const stream = feed.listen(ADA, () => Promise.reject(new Error('revoked')), undefined);
    stream.resume();
    feed.recheck();
    await once(stream, 'end');
    assert.equal(stream.readableEnded, true);
  });

  test('one caller has a bounded number of streams, and gets a place back with each that ends', async () => {
    const { feed } = makeFeed();
    const streams = Array.from({ length: LIMITS.eventClientsOfOne }, () => feed.listen(ADA, again, undefined));
    assert.throws(() => feed.listen(ADA, again, undefined), { name: 'HttpProblem' });
    assert.ok(feed.listen({ ...ADA, name: 'bob' }, again, undefined));
    streams[0]?.destroy();
    await once(streams[0] as EventStream, 'close');
    assert.ok(feed.listen(ADA, again, undefined));
    feed[Symbol.dispose]();
  });
});
