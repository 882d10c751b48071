import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlan } from './plan.ts';

const node = (type: string, more: object = {}): object => ({ 'Node Type': type, 'Total Cost': 1, ...more });

test('a change is as many rows as it is fed, from every table it reads', () => {
  const fed = [
    node('Seq Scan', { 'Parent Relationship': 'Outer', 'Plan Rows': 40, 'Relation Name': 'items' }),
    node('Result', { 'Parent Relationship': 'InitPlan', 'Plan Rows': 7 }),
  ];
  const plan = readPlan(
    JSON.stringify([{ Plan: node('ModifyTable', { Operation: 'Delete', 'Plan Rows': 0, Plans: fed }) }]),
  );
  assert.deepEqual([plan?.rows, plan?.cost], [40, 1]);
  assert.equal(
    plan?.text,
    'Delete (rows=0 cost=1)\n  -> Seq Scan on items (rows=40 cost=1)\n  -> Result (rows=7 cost=1)',
  );
});

test('conditions and names stand as text on a line of their own, whatever they hold', () => {
  const hostile = 'x\n(rows=9 cost=9)\n<script>';
  const plan = readPlan(
    JSON.stringify([{ Plan: node('Seq Scan', { 'Plan Rows': 2, 'Relation Name': hostile, Filter: hostile }) }]),
  );
  assert.equal(plan?.rows, 2);
  assert.equal(
    plan?.text,
    'Seq Scan on x (rows=9 cost=9) <script> (rows=2 cost=1)\n     Filter: x (rows=9 cost=9) <script>',
  );
});

test('what is no plan is none, and a plan without end ends', () => {
  for (const text of ['', '{', 'null', '[]', '[1]', '[{}]', '[{"Plan": 1}]', '{"Plan": {}}']) {
    assert.equal(readPlan(text), undefined, text);
  }
  let deep: object = node('Result', { 'Plan Rows': 1 });
  for (let i = 0; i < 1_000; i++) deep = node('Result', { 'Plan Rows': 1, Plans: [deep] });
  assert.equal(readPlan(JSON.stringify([{ Plan: deep }]))?.text.split('\n').length, 200);
  assert.deepEqual(readPlan('[{"Plan": {"Node Type": "Result", "Plan Rows": "many", "Total Cost": null}}]'), {
    text: 'Result (rows=? cost=?)',
  });
});
