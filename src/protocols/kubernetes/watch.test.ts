import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { type ClusterGateway, startClusterGateway } from '../../../test/support/kubernetes/cluster-gateway.ts';

const PLACE = '/api/v1/namespaces/default/configmaps';
/** Of an hour, at five a second. */
const EVENTS = 18_000;
const AT_ONCE = 200;
const MOST_GROWTH_BYTES = 48 * 1024 * 1024;

describe('a watch', { concurrency: false }, () => {
  test('of an hour is masked event by event, in memory that does not grow', async () => {
    await using it = await startClusterGateway({ policies: [{ ...PERMIT_ALL, mask: ['email'] }] });
    await using watch = await watching(it);
    change(it, 0);
    await watch.until(1);
    // What is built once is built, and buffers have their size.
    for (let at = 1; at < EVENTS / 6; at += AT_ONCE) await some(it, watch, at);
    const before = process.memoryUsage().rss;
    for (let at = EVENTS / 6 + 1; at < EVENTS; at += AT_ONCE) await some(it, watch, at);
    const growth = process.memoryUsage().rss - before;
    assert.ok(growth < MOST_GROWTH_BYTES, `it grew by ${growth} bytes`);
    assert.ok(!watch.last.includes('ada.canary') && watch.last.includes('[redacted'), watch.last);
    assert.match(watch.last, /^\{"type":"MODIFIED".*\}$/);
  });

  test('whose server dies in the middle ends with an event that says so, and others beside it go on', async () => {
    await using it = await startClusterGateway();
    await using other = await startClusterGateway();
    await using watch = await watching(it);
    await using beside = await watching(other);
    change(it, 0);
    await watch.until(1);
    it.cluster.die();
    await watch.until(2);
    assert.match(watch.last, /^\{"type":"ERROR".*"kind":"Status"/);
    await assert.rejects(watch.until(3));
    change(other, 0);
    await beside.until(1);
    const again = await fetch(`${it.url}${PLACE}`, { headers: { authorization: it.authorization } });
    assert.equal(again.status, 200);
  });

  test('is one of many at once, each of which gets all', async () => {
    await using it = await startClusterGateway();
    const watches = await Promise.all(Array.from({ length: 40 }, () => watching(it)));
    for (let at = 0; at < 5; at++) change(it, at);
    await Promise.all(watches.map((watch) => watch.until(5)));
    await Promise.all(watches.map((watch) => watch[Symbol.asyncDispose]()));
  });
});

async function some(it: ClusterGateway, watch: Watch, from: number): Promise<void> {
  const before = watch.count;
  for (let at = 0; at < AT_ONCE; at++) change(it, from + at);
  await watch.until(before + AT_ONCE);
}

function change({ cluster }: ClusterGateway, at: number): void {
  const data = { at: String(at), mail: 'ada.canary@example.com', text: 'x'.repeat(300) };
  cluster.objects.put(PLACE, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'notes' }, data });
}

interface Watch extends AsyncDisposable {
  readonly count: number;
  readonly last: string;
  /** Resolves once so many events came in all; rejects where the reply breaks off before that. */
  until(count: number): Promise<void>;
}

async function watching(it: ClusterGateway): Promise<Watch> {
  const ending = new AbortController();
  const headers = { authorization: it.authorization };
  const reply = await fetch(`${it.url}${PLACE}?watch=1`, { headers, signal: ending.signal });
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  const watch = {
    count: 0,
    last: '',
    async until(count: number) {
      while (watch.count < count) {
        const { value, done } = await reader.read();
        if (done) throw new Error('the watch ended');
        const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        watch.count += lines.length;
        watch.last = lines.at(-1) ?? watch.last;
      }
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
  return watch;
}
