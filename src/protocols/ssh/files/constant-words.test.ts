import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Dice } from '../../../../test/fuzz/mutations.ts';
import { readGitCommand } from '../git/git-command.ts';
import { constantWords } from './constant-words.ts';

/** What may stand in a line, with all that shells do something about. */
const PIECES = [
  'a',
  'b/c',
  ' ',
  '  ',
  "'",
  '"',
  '\\',
  '$x',
  '`',
  '*',
  '?',
  '[a]',
  '{a,b}',
  '~',
  '!',
  '#',
  ';',
  '&',
  '|',
  '<',
  '>',
];
const MORE = [
  '(',
  ')',
  '\n',
  '\t',
  '\r',
  '=',
  '-',
  '.',
  '%',
  '^',
  'ä',
  '\u00a0',
  "'x y'",
  "'\\''",
  '\\ ',
  '\\*',
  '--a=b',
  '@',
  ',',
];

/** The words that a shell gives to a program. */
function wordsOf(shell: string, line: string): readonly string[] {
  const { stdout } = spawnSync(shell, ['-c', `printf '%s\\0' ${line}`], {
    env: { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' },
  });
  return stdout.toString().split('\0').slice(0, -1);
}

describe('lines of constant words', () => {
  it('are read as shells read them', () => {
    assert.deepEqual(constantWords("git-upload-pack '/srv/a b.git'"), ['git-upload-pack', '/srv/a b.git']);
    assert.deepEqual(constantWords("x 'it'\\''s' a\\ b  ''"), ['x', "it's", 'a b', '']);
    const dice = new Dice(7);
    const accepted: string[] = [];
    for (let turn = 0; turn < 40_000 && accepted.length < 60; turn++) {
      const line = `w ${Array.from({ length: 1 + dice.roll(6) }, () => dice.pick([...PIECES, ...MORE])).join('')}`;
      if (constantWords(line) !== undefined) accepted.push(line);
    }
    assert.equal(accepted.length, 60);
    for (const shell of ['dash', 'bash']) {
      for (const line of accepted) assert.deepEqual(constantWords(line), wordsOf(shell, line), `${shell}: ${line}`);
    }
  });

  it('hold nothing that a shell does something with', () => {
    const others = [
      'a $x',
      'a "b"',
      'a *',
      'a ~',
      'a;b',
      'a|b',
      'a&b',
      'a>b',
      'a #b',
      'a {b,c}',
      "a 'b",
      "a '\\'",
      "a '!'",
      'a =b',
      'X=1 a',
      'a\nb',
      'a\tb',
      'a ä',
      '',
    ];
    for (const line of others) assert.equal(constantWords(line), undefined, JSON.stringify(line));
  });
});

describe("git's commands at a host", () => {
  it('are its transfers, by either name', () => {
    const command = (line: string) => readGitCommand(Buffer.from(line));
    assert.deepEqual(command("git-upload-pack '/srv//r.git/'"), { service: 'upload-pack', repository: '/srv/r.git' });
    assert.deepEqual(command("git receive-pack 'r.git'"), { service: 'receive-pack', repository: 'r.git' });
    for (const other of [
      "git-upload-pack '../r.git'",
      'git-upload-pack',
      'git-upload-pack --strict /r',
      'git status',
      'git-shell',
      "git-upload-pack '/r'; id",
    ]) {
      assert.equal(command(other), undefined, other);
    }
  });
});
