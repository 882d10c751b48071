import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planApply } from './plan-apply.ts';

const before = {
  target: [
    {
      name: 'pg-a',
      content: { name: 'pg-a', address: { host: 'a', port: 1 }, labels: { env: 'x' } },
      credential: 'f1',
    },
    { name: 'pg-b', content: { name: 'pg-b', classified: [{ column: 'c', class: 'email' }, { column: 'd' }] } },
    { name: 'pg-c', content: { name: 'pg-c' }, credential: 'f3' },
  ],
  policy: [{ name: 'p', content: { name: 'p' } }],
};

test('what is equal needs no change, in whatever order it is declared', () => {
  assert.deepEqual(planApply(before, { target: before.target.toReversed() }).changes, []);
});

test('a plan says what is created, what differs and what is deleted, and shows no credential', () => {
  const declared = {
    target: [
      { name: 'pg-a', content: { name: 'pg-a', address: { host: 'b', port: 1 }, database: 'd\n' }, credential: 'f2' },
      { name: 'pg-b', content: { name: 'pg-b', classified: [{ column: 'd' }, { column: 'e' }] } },
      { name: 'pg-d', content: { name: 'pg-d', tls: { mode: 'disable' }, labels: {} }, credential: 'f4' },
    ],
  };
  assert.deepEqual(planApply(before, declared).changes, [
    {
      action: 'update',
      kind: 'target',
      name: 'pg-a',
      details: [
        '~ address.host: "a" -> "b"',
        String.raw`+ database: "d\n"`,
        '- labels.env: "x"',
        '~ credential: changed',
      ],
    },
    {
      action: 'update',
      kind: 'target',
      name: 'pg-b',
      details: ['- classified: {"column":"c","class":"email"}', '+ classified: {"column":"e"}'],
    },
    { action: 'delete', kind: 'target', name: 'pg-c', details: [] },
    {
      action: 'create',
      kind: 'target',
      name: 'pg-d',
      details: ['+ name: "pg-d"', '+ tls.mode: "disable"', '+ credential: sealed'],
    },
  ]);
});

test('a kind that is not declared is left alone, and one that is declared empty is removed', () => {
  assert.deepEqual(planApply(before, {}).changes, []);
  assert.deepEqual(planApply(before, { policy: [] }).changes, [
    { action: 'delete', kind: 'policy', name: 'p', details: [] },
  ]);
});

test('the digest of a plan changes with what it would do, also where that does not show', () => {
  const declare = (credential: string) => ({
    target: [{ name: 'pg-a', content: { name: 'pg-a' }, credential }],
  });
  const plan = planApply({}, declare('f1'));
  assert.equal(planApply({}, declare('f1')).digest, plan.digest);
  assert.deepEqual(planApply({}, declare('f2')).changes, plan.changes);
  assert.notEqual(planApply({}, declare('f2')).digest, plan.digest);
});
