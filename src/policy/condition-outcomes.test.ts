import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCondition } from './condition.ts';
import { conditionOutcomes } from './condition-outcomes.ts';

function outcomes(text: string): string {
  const compiled = compileCondition(text);
  if ('problem' in compiled) assert.fail(compiled.problem);
  const domains = { 'operation.kind': ['select', 'drop'], 'time.hour': [8n, 9n], 'operation.hasWhere': [true, false] };
  const found = conditionOutcomes(compiled.tree, domains);
  return [false, true].filter((one) => found.has(one)).join(' or ');
}

const CASES: readonly [string, string][] = [
  ['operation.kind == "select"', 'false or true'],
  ['operation.kind == "alter"', 'false'],
  ['operation.kind in ["drop", "select"]', 'true'],
  ['!(operation.kind in ["drop", "select"])', 'false'],
  ['operation.kind == "select" && operation.kind == "drop"', 'false'],
  ['time.hour > 9', 'false'],
  ['time.hour >= 8', 'true'],
  ['operation.hasWhere || !operation.hasWhere', 'true'],
  ['target.name == "x"', 'false or true'],
  ['target.name == "x" && time.hour > 9', 'false'],
  ['target.name == "x" || time.hour > 7', 'true'],
  ['operation.tables.exists(t, t.name == operation.kind)', 'false or true'],
  ['operation.kind == "drop" ? true : false', 'false or true'],
  ['1 / 0 == 1 && operation.kind == "alter"', 'false'],
];

for (const [text, expected] of CASES) {
  test(`${text} can be ${expected}`, () => assert.equal(outcomes(text), expected));
}
