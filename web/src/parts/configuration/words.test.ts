import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { completeAt, type WordTree } from './words.ts';

const TREE: WordTree = {
  keys: {
    policies: {
      keys: {
        name: {},
        effect: { values: [{ label: 'permit' }, { label: 'deny' }] },
        operations: { values: [{ label: 'read' }, { label: 'write' }] },
        approve: { keys: { group: { values: [{ label: 'dba' }] }, quorum: {} } },
        targets: { values: [{ label: 'shop' }], keys: { names: { values: [{ label: 'shop' }] }, labels: {} } },
      },
    },
  },
};

/** What is offered where `|` stands. */
function offered(text: string): readonly string[] | undefined {
  const at = text.indexOf('|');
  return completeAt(text.replace('|', ''), at, TREE)?.words.map(({ label }) => label);
}

describe('what is offered', () => {
  const cases: Readonly<Record<string, readonly [text: string, words: readonly string[] | undefined]>> = {
    'at the beginning of a file': ['|', ['policies']],
    'as the first key of a rule': ['policies:\n  - n|', ['name', 'effect', 'operations', 'approve', 'targets']],
    'as a further key, without those that are there': [
      'policies:\n  - name: x\n    effect: deny\n    |',
      ['operations', 'approve', 'targets'],
    ],
    'between keys, without those below': [
      'policies:\n  - name: x\n    |\n    effect: deny\n  - name: y\n    targets: [a]\n',
      ['operations', 'approve', 'targets'],
    ],
    'as a value': ['policies:\n  - name: x\n    effect: p|', ['permit', 'deny']],
    'in a list in brackets': ['policies:\n  - operations: [read, w|', ['read', 'write']],
    'in a list in brackets over two lines': ['policies:\n  - operations:\n      [re|', ['read', 'write']],
    'as an item on a line of its own': ['policies:\n  - name: x\n    operations:\n      - |', ['read', 'write']],
    'as an item at the column of its key': ['policies:\n- name: x\n  operations:\n  - r|', ['read', 'write']],
    'as a key in braces': ['policies:\n  - approve: { |', ['group', 'quorum']],
    'as a further key in braces': ['policies:\n  - approve: { group: dba, |', ['quorum']],
    'as a value in braces': ['policies:\n  - approve: { quorum: 1, group: d|', ['dba']],
    'in a list within braces': ['policies:\n  - targets: { names: [sh|', ['shop']],
    'under a key of its own line': ['policies:\n  - name: x\n    approve:\n      |', ['group', 'quorum']],
    'in a second rule': [
      'policies:\n  - name: x\n    effect: deny\n  - name: y\n    e|',
      ['effect', 'operations', 'approve', 'targets'],
    ],
    'where a text of one’s own stands': ['policies:\n  - name: so|', undefined],
    'under a key that nobody knows': ['policies:\n  - colour: r|', undefined],
  };
  for (const [name, [text, words]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(offered(text), words));
  }

  test('begins where the word begins, quotes left alone', () => {
    const text = 'policies:\n  - operations: ["re';
    assert.equal(completeAt(text, text.length, TREE)?.from, text.length - 2);
  });
});
