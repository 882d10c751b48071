import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { merge } from './merge.ts';

const COMMON = 'a\nb\nc\nd\ne\n';

describe('two changes of one text', () => {
  const cases: readonly (readonly [name: string, mine: string, theirs: string, text: string, conflicts: number])[] = [
    ['of different lines both stand', 'A\nb\nc\nd\ne\n', 'a\nb\nc\nd\nE\n', 'A\nb\nc\nd\nE\n', 0],
    ['that are the same stand once', 'a\nX\nc\nd\ne\n', 'a\nX\nc\nd\ne\n', 'a\nX\nc\nd\ne\n', 0],
    ['of which one changed nothing: the other stands', COMMON, 'a\nc\nd\ne\nf\n', 'a\nc\nd\ne\nf\n', 0],
    ['of which the other changed nothing', 'z\na\nb\nc\nd\ne\n', COMMON, 'z\na\nb\nc\nd\ne\n', 0],
    [
      'of the same line are left to a person',
      'a\nX\nc\nd\ne\n',
      'a\nY\nc\nd\ne\n',
      'a\n# <<< yours\nX\n# === theirs\nY\n# >>>\nc\nd\ne\n',
      1,
    ],
    [
      'one deleting what the other changed',
      'a\nc\nd\ne\n',
      'a\nB\nc\nd\ne\n',
      'a\n# <<< yours\n# === theirs\nB\n# >>>\nc\nd\ne\n',
      1,
    ],
    [
      'that add at the same place',
      'a\nb\nc\nd\ne\nX\n',
      'a\nb\nc\nd\ne\nY\n',
      'a\nb\nc\nd\ne\n# <<< yours\nX\n# === theirs\nY\n# >>>\n',
      1,
    ],
    ['that take all away', '', '', '', 0],
  ];
  for (const [name, mine, theirs, text, conflicts] of cases) {
    test(name, () => assert.deepEqual(merge(COMMON, mine, theirs), { text, conflicts }));
  }
});
