import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpPage } from './http-report.ts';
import type { LoadFigures } from './wrk.ts';

const figures = (perSecond: number, p50Us: number): LoadFigures => {
  return { perSecond, megabytesPerSecond: perSecond / 10, p50Us, p99Us: p50Us * 3, cpuUs: 10 };
};
const ways = (mine: LoadFigures, name: string): ReadonlyMap<string, LoadFigures> =>
  new Map([
    ['direct', { ...figures(10_000, 50), cpuUs: Number.NaN }],
    ['nginx', figures(5_000, 100)],
    ['haproxy', figures(4_000, 120)],
    [name, mine],
  ]);

test('the page says of each goal whether it was met', () => {
  const page = httpPage(
    [
      { load: { path: '/small', connections: 1, seconds: 5 }, by: ways(figures(2_500, 140), 'chaperone batched') },
      { load: { path: '/small', connections: 8, seconds: 5 }, by: ways(figures(1_900, 140), 'chaperone batched') },
      { load: { path: '/large', connections: 8, seconds: 5 }, by: ways(figures(3_000, 140), 'chaperone capped') },
    ],
    { when: '2026-11-23', node: '24.0.0', cpu: 'a processor', cores: 2, rounds: 3, loadBefore: 0.1 },
  );
  assert.match(page, /small JSON: p50 at most 1\.5 × nginx’s at 1 connection \| 1\.40 \| met \|/);
  assert.match(page, /small JSON: at least 0\.5 × haproxy’s requests\/s at 8 connections \| 0\.47 \| missed \|/);
  assert.match(page, /10 MB, capped: at least 0\.6 × nginx’s throughput at 8 connections \| 0\.60 \| met \|/);
  assert.match(page, /\| direct \| 10,000 \(2\.50\) \| 50 \(0\.50\) \| 150 \(0\.50\) \| – \|/);
});
