import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromYamlItem, readConfiguration, toYamlItem } from './read-configuration.ts';

const read = (...texts: string[]) =>
  readConfiguration(texts.map((text, i) => ({ name: `${'abc'.charAt(i)}.yaml`, text })));

test('sections of several files come together, each item with its file and lines', () => {
  const { sections, problems } = read(
    '# comment\ntargets:\n  - name: one\n    tls:\n      mode: x\n',
    'targets: [{ name: two }]\nissuers:\n- name: i\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    sections.targets?.map(({ value, file, line }) => [
      value,
      file,
      line([]),
      line(['tls', 'mode']),
      line(['none', 'x']),
    ]),
    [
      [{ name: 'one', tls: { mode: 'x' } }, 'a.yaml', 3, 5, 3],
      [{ name: 'two' }, 'b.yaml', 1, 1, 1],
    ],
  );
  assert.deepEqual(
    sections.issuers?.map(({ line }) => line(['name'])),
    [3],
  );
  assert.equal(sections.trust, undefined);
});

test('a section that is there but empty declares that there is nothing', () => {
  assert.deepEqual(read('targets:\n').sections, { targets: [] });
  assert.deepEqual(read('targets: []\n').sections, { targets: [] });
  assert.deepEqual(read('# nothing\n').sections, {});
});

test('the policies of a file stand alone at their own lines', () => {
  const { policyFiles } = read('targets:\n  - name: ü\npolicies:\n  - name: p\n    effect: deny\nissuers: []\n');
  assert.deepEqual(policyFiles, [
    { path: 'a.yaml', text: '        \n           \npolicies:\n  - name: p\n    effect: deny\n' },
  ]);
});

test('what is no configuration is a problem at its line', () => {
  const lines = (text: string) => read(text).problems.map(({ line, message }) => `${line}: ${message}`);
  assert.deepEqual(lines('targets: []\ntarget: []\n'), ['2: there is no section "target"']);
  assert.deepEqual(lines('- a\n'), ['1: the file has no sections']);
  assert.deepEqual(lines('\ntargets: { name: x }\n'), ['2: targets is not a list']);
  assert.equal(lines('targets: []\ntargets: []\n').length, 1);
  assert.equal(lines('targets: [\n').length, 1);
  assert.equal(lines('targets: []\n---\ntargets: []\n').length, 1);
  assert.equal(lines('targets: [!!js/function "x"]\n').length, 1);
  assert.deepEqual(lines(`targets:\n${'#'.repeat(1024 * 1024)}`), ['1: the file is larger than 1048576 bytes']);
});

test('aliases that blow a small file up are refused', () => {
  const bomb = `targets:\n  - a: &a [x,x,x,x,x,x,x,x,x]\n    b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n    d: [*c,*c,*c,*c]\n`;
  const { sections, problems } = read(bomb);
  assert.equal(sections.targets, undefined);
  assert.equal(problems.length, 1);
});

test('an item is stored in one spelling and read back as it was', () => {
  const value = { name: 'p', when: 'a == "b" && c', list: ['1', 2, true, null], text: 'two\nlines\n' };
  assert.deepEqual(fromYamlItem(toYamlItem(value)), value);
});
