/** What the reference shows of configuration files is what the loaders take. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { loadChannels } from '../src/approvals/channels/load-channels.ts';
import { allowable } from '../src/identity/adapters/adapter.ts';
import { ADAPTERS } from '../src/identity/adapters/adapter-for.ts';
import { loadIssuers } from '../src/identity/load-issuers.ts';
import { loadTrustRules } from '../src/identity/load-trust-rules.ts';
import { PRESETS } from '../src/identity/presets.ts';
import { ISSUER_KINDS, WORKLOAD_FIELDS } from '../src/model/principal.ts';
import { parsePolicies } from '../src/policy/parse-policies.ts';
import { loadTargets, TARGET_PROTOCOLS } from '../src/targets/load-targets.ts';
import { readConfiguration } from '../src/targets/read-configuration.ts';

const REFERENCE = join(import.meta.dirname, '..', 'docs', 'reference');
const document = (name: string) => readFileSync(join(REFERENCE, name), 'utf8');
const examples = (name: string) =>
  [...document(name).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => ({ name, text }));

test('the examples of trust-rules.md and targets.md are taken as they stand, and fit together', () => {
  const files = [...examples('trust-rules.md'), ...examples('targets.md')];
  assert.equal(files.length, 18);
  const { sections, problems } = readConfiguration(files);
  const issuers = loadIssuers(sections.issuers ?? []);
  const rules = loadTrustRules(sections.trust ?? [], issuers.items);
  const targets = loadTargets(sections.targets ?? [], TARGET_PROTOCOLS);
  assert.deepEqual([...problems, ...issuers.problems, ...rules.problems, ...targets.problems], []);
  assert.deepEqual(
    [...new Set(rules.items.flatMap((rule) => rule.targets))],
    targets.items.map(({ target }) => target.name),
  );
});

test('the example of an agent with tools is taken as it stands, and its parts fit together', () => {
  const name = join('examples', 'mcp', 'agent-with-tools.yaml');
  const { sections, problems } = readConfiguration([
    { name, text: readFileSync(join(import.meta.dirname, '..', name), 'utf8') },
  ]);
  const issuers = loadIssuers(sections.issuers ?? []);
  const rules = loadTrustRules(sections.trust ?? [], issuers.items);
  const targets = loadTargets(sections.targets ?? [], TARGET_PROTOCOLS);
  const policies = parsePolicies(
    (sections.policies ?? []).map(({ value }) => ({ path: name, text: stringify({ policies: [value] }) })),
  );
  assert.deepEqual([...problems, ...issuers.problems, ...rules.problems, ...targets.problems], []);
  assert.deepEqual('problems' in policies ? policies.problems : [], []);
  const named = rules.items.flatMap((rule) => [
    ...rule.targets,
    ...(rule.requestable ?? []).flatMap((one) => one.targets),
  ]);
  assert.deepEqual(named.sort(), targets.items.map(({ target }) => target.name).sort());
});

test('the examples of http-targets.md are taken as they stand', () => {
  const { sections, problems } = readConfiguration(examples('http-targets.md'));
  const { items, problems: ofTargets } = loadTargets(sections.targets ?? [], TARGET_PROTOCOLS);
  assert.deepEqual([...problems, ...ofTargets], []);
  assert.equal(items[0]?.target.name, 'billing');
});

test('the example of approvals-channels.md is taken as it stands', () => {
  const [file, ...more] = examples('../operating/approvals-channels.md');
  assert.ok(file);
  assert.deepEqual(more, []);
  const { sections, problems } = readConfiguration([file]);
  const channels = loadChannels(sections.channels ?? []);
  assert.deepEqual([...problems, ...channels.problems], []);
  assert.deepEqual(
    channels.items.map(({ channel }) => channel.kind),
    ['slack', 'webhook', 'email'],
  );
});

test('trust-rules.md names every word of the vocabulary, everything that can be allowed by name, and each preset', () => {
  const text = document('trust-rules.md');
  for (const word of [...WORKLOAD_FIELDS, ...Object.values(ADAPTERS).flatMap(allowable), ...ISSUER_KINDS]) {
    assert.ok(text.includes(`\`${word}\``), word);
  }
  const sections = text.split('\nPreset field').slice(1);
  Object.values(PRESETS).forEach(({ fields }, i) => {
    for (const field of Object.keys(fields)) assert.ok(sections[i]?.split('\n\n')[0]?.includes(`\`${field}\``), field);
  });
});

test('the rules in the pages of CI systems are taken as they stand', () => {
  const folder = join(REFERENCE, '..', 'operating');
  const pages = readdirSync(folder).filter((name) => name.startsWith('in-'));
  assert.equal(pages.length, 14);
  for (const name of pages) {
    const files = examples(join('..', 'operating', name)).filter(({ text }) => text.startsWith('issuers:'));
    const { sections, problems } = readConfiguration(files);
    const issuers = loadIssuers(sections.issuers ?? []);
    const rules = loadTrustRules(sections.trust ?? [], issuers.items);
    assert.deepEqual([...problems, ...issuers.problems, ...rules.problems], [], name);
  }
});
