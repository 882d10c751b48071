import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ACCESS_GROUPS, isOperationName, OPERATION_KINDS } from './operation-names.ts';
import { parsePolicies } from './parse-policies.ts';

const REFERENCE = readFileSync(new URL('../../docs/reference/policy.md', import.meta.url), 'utf8');

test('every kind and group that a rule may name is explained in the reference', () => {
  const explained = new Set(Array.from(REFERENCE.matchAll(/`([a-zA-Z/_-]+)`/g), (match) => match[1]));
  const left = [...OPERATION_KINDS, ...ACCESS_GROUPS].filter((name) => !explained.has(name));
  assert.deepEqual(left, ['empty']);
});

test('a word that is no kind and no group is no operation', () => {
  assert.equal(isOperationName('any'), true);
  assert.equal(isOperationName('copy-in'), true);
  assert.equal(isOperationName('Select'), false);
  assert.equal(isOperationName(''), false);
});

test('the examples of the reference load', () => {
  const blocks = Array.from(REFERENCE.matchAll(/```yaml\n([^]*?)```/g), (match) => match[1] ?? '');
  const rule = 'name: x\n    principals: any\n    targets: any\n    operations: [read]\n    effect: permit';
  const files = blocks.map((block) => {
    if (block.startsWith('policies:')) return block;
    if (block.startsWith('- name:')) return `policies:\n${block}`;
    const keys = new Set(Array.from(block.matchAll(/^(\w+):/gm), (match) => match[1]));
    const rest = rule.split('\n').filter((line) => !keys.has(line.trim().split(':')[0]));
    return `policies:\n  - ${rest.join('\n')}\n    ${block.trimEnd().replaceAll('\n', '\n    ')}\n`;
  });
  assert.equal(files.length, 18);
  for (const text of files) assert.deepEqual(parsePolicies([{ path: 'policy.md', text }]).problems, []);
});
