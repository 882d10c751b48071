import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintSource } from '@secretlint/core';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';
import { check } from 'recheck';
import { DETECTOR_GROUPS, DETECTORS } from '../../../src/masking/detectors/detectors.ts';
import { USED_RULES } from '../../../src/masking/detectors/secretlint-rules.ts';
import { Findings } from '../../../src/masking/findings.ts';
import { corpusOf } from './corpus.ts';

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
/** Rules of the preset that are not at work, and why; a new rule of a new version must be put here or there. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  aws: 'its ranges begin at the name and not at the key',
  gcp: 'reads key files, whose private key is found as such',
  privatekey: 'our own goes on where a key is cut',
  basicauth: 'reports the whole URL, ours its password',
  'database-connection-string': 'reports the whole URL, ours its password',
  npm: 'not proven linear',
  github: 'not proven linear',
  gitlab: 'not proven linear',
  openai: 'not proven linear',
  anthropic: 'not proven linear',
  linear: 'not proven linear',
  figma: 'not proven linear',
  sendgrid: 'not proven linear',
  'filter-comments': 'lets a text switch rules off',
};

function nameOf(rule: (typeof rules)[number]): string {
  return rule.meta.id.slice('@secretlint/secretlint-rule-'.length);
}

test('every rule of the preset is at work, or left out for a reason', () => {
  assert.deepEqual(rules.map(nameOf).toSorted(), [...Object.keys(USED_RULES), ...Object.keys(LEFT_OUT)].toSorted());
});

/** The expressions with which a rule looks at a text that holds its literals. */
function expressionsOf(rule: (typeof rules)[number]): readonly RegExp[] {
  const seen: RegExp[] = [];
  const text = (USED_RULES[nameOf(rule)]?.literals ?? []).join('aA1 ');
  // All that a rule does with a text is this, so it is told of each expression.
  const content = {
    matchAll: (pattern: RegExp) => {
      seen.push(pattern);
      return text.matchAll(pattern);
    },
  };
  const context = { report: () => undefined, createTranslator: () => () => ({}) };
  const handler = rule.create(context as unknown as Parameters<typeof rule.create>[0], {});
  const source = { content, filePath: '', ext: '', contentType: 'text' };
  void handler.file?.(source as unknown as Parameters<NonNullable<typeof handler.file>>[0]);
  return seen;
}

for (const rule of rules.filter((each) => nameOf(each) in USED_RULES)) {
  test(`the expressions of the preset's rule ${nameOf(rule)} are linear`, async () => {
    const all = expressionsOf(rule);
    assert.ok(all.length > 0);
    for (const { source, flags } of all) {
      const found = await check(source, flags, { timeout: 60_000, randomSeed: 1 });
      assert.equal(found.status, 'safe', source);
    }
  });
}

/** What secretlint itself reports, by the texts that it names. */
async function secretlint(content: string): Promise<readonly (readonly [number, number])[]> {
  const { messages } = await lintSource({
    source: { content, filePath: 'x.txt', ext: '.txt', contentType: 'text' },
    options: { noPhysicFilePath: true, config: { rules: [{ id: PRESET, rule: creator }] } },
  });
  return messages.map(({ range }) => [range[0], range[1]] as const);
}

test('where secretlint reports a secret, masking finds one', async () => {
  const secrets = DETECTOR_GROUPS['secret'] ?? [];
  const findings = new Findings(DETECTORS.filter(({ name }) => secrets.includes(name)));
  let reported = 0;
  for (const name of secrets) {
    for (const { text } of corpusOf(name, 'held out').positives) {
      // One character is one byte, so that both count alike.
      const ascii = text.replaceAll(/[^ -~\t\n\r]/g, '?');
      const ours = findings.in(Buffer.from(ascii), 0, ascii.length);
      for (const [start, end] of await secretlint(ascii)) {
        reported++;
        const isFound = ours.some((found) => found.start < end && found.end > start);
        assert.ok(isFound, `only secretlint: ${ascii.slice(start, end)} in ${ascii}`);
      }
    }
  }
  assert.ok(reported > 200, `secretlint reported ${reported}`);
});
