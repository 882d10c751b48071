import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { before, describe, test } from 'node:test';
import { parsePolicies } from '../policy/parse-policies.ts';
import { loadPostgresParser } from '../sql/postgres/parser.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import { lintPolicies } from './lint/lint-policies.ts';
import { type Files, readCases } from './read-cases.ts';
import { coverageOf, runCases } from './run-cases.ts';

before(loadPostgresParser);

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'examples', 'policies');
const text = (path: string): string => readFileSync(path, 'utf8');
const FILES: Files = { text, yaml: (path) => [{ name: path, text: text(path) }] };

const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));
const starters = names.filter((name) => name.endsWith('.test.yaml'));

describe('the starter policies', () => {
  test('each have their cases', () => {
    const policies = names.filter((name) => !name.endsWith('.test.yaml') && name !== 'demo.yaml');
    assert.deepEqual(
      starters.map((name) => name.replace('.test', '')),
      policies,
    );
    assert.ok(policies.length >= 6);
  });

  for (const name of starters) {
    test(`${name} passes, and exercises every rule`, async () => {
      const read = readCases(join(EXAMPLES, name), FILES);
      if ('problems' in read) assert.fail(JSON.stringify(read.problems));
      const results = await runCases(read, () => 0);
      const failures = results.flatMap(({ name: one, steps }) =>
        steps.flatMap(({ differences }) => differences.map((difference) => `${one}: ${difference}`)),
      );
      assert.deepEqual(failures, []);
      const unmet = coverageOf(read, results).filter(({ cases }) => cases === 0);
      assert.deepEqual(unmet, []);
    });
  }

  for (const name of names.filter((one) => !one.endsWith('.test.yaml'))) {
    test(`${name} is linted clean`, () => {
      const path = join(EXAMPLES, name);
      const files = [{ name: relative(ROOT, path), text: text(path) }];
      const declared = readConfiguration(files);
      const { policies, problems } = parsePolicies(declared.policyFiles);
      assert.deepEqual(problems, []);
      const { policies: items = [] } = declared.sections;
      assert.deepEqual(lintPolicies({ policies, files, declared: items }), []);
    });
  }

  test('say how an editor checks them, by a file that is there', () => {
    for (const name of names) {
      const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text(join(EXAMPLES, name))) ?? [];
      assert.ok(statSync(join(EXAMPLES, schema)).isFile(), name);
    }
  });
});
