import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { plain, readShellCorpus } from '../../test/corpus/shell/read-corpus.ts';
import { sayAnalysis } from '../../test/corpus/shell/say-analysis.ts';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import { LIMITS } from '../model/limits.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { analyseArguments, analyseCommandLine } from './analyse-command-line.ts';
import { programOperations } from './program-operations.ts';

describe('a command line', () => {
  test('is known program by program, with words, files and what stands around them', () => {
    const cases = readShellCorpus('lines.txt');
    assert.ok(cases.length > 600, `${cases.length} lines`);
    for (const { text, expected, line } of cases) {
      assert.deepEqual(sayAnalysis(analyseCommandLine(text)), expected, `lines.txt:${line} ${JSON.stringify(text)}`);
    }
  });

  test('that is longer than the limit, or deeper than anybody writes, is unknown', () => {
    assert.equal(analyseCommandLine(`echo ${'a'.repeat(LIMITS.maxCommandLineBytes)}`).opaque, 'it is too long');
    assert.equal(analyseArguments(['echo', 'a'.repeat(LIMITS.maxCommandLineBytes)]).opaque, 'it is too long');
    for (const deep of [
      `${'( '.repeat(1_000)}ls${')'.repeat(1_000)}`,
      `${'echo $('.repeat(1_000)}ls${')'.repeat(1_000)}`,
      `echo ${'${x:-'.repeat(1_000)}a${'}'.repeat(1_000)}`,
      `${'f() { '.repeat(1_000)}ls; ${'}; '.repeat(1_000)}`,
      `${'sudo '.repeat(1_000)}ls`,
      `${'eval '.repeat(1_000)}ls`,
      `${'if '.repeat(1_000)}ls`,
    ]) {
      assert.equal(analyseCommandLine(deep).opaque, 'it is nested too deep', deep.slice(0, 20));
    }
    assert.equal(analyseCommandLine('ls;'.repeat(1_000)).opaque, 'it runs too many programs');
  });

  test('takes no longer than its length asks for, whatever it repeats', () => {
    const times = (text: string): string => text.repeat(Math.floor(LIMITS.maxCommandLineBytes / text.length));
    for (const piece of [
      '\\',
      "'",
      '"',
      '$',
      '`',
      '$(',
      '${x',
      '((',
      '<<a ',
      '<',
      '>',
      '|',
      '&',
      ';',
      '{',
      '}',
      '#',
      'a=',
      '*',
      '1',
      ' ',
      '\n',
      '[',
      'a b ',
      "''",
      '""',
      '$x',
      '<<a\n',
    ]) {
      const began = performance.now();
      analyseCommandLine(times(piece));
      // A thousand times what it takes where nobody else computes; quadratic would be minutes.
      assert.ok(performance.now() - began < 10_000, JSON.stringify(piece));
    }
    const sed = `sed '${'s/a/b/;'.repeat(280)}x'`;
    assert.equal(analyseCommandLine(sed).opaque, undefined);
  });
});

test('the words of a container are no command line', () => {
  assert.deepEqual(sayAnalysis(analyseArguments(['cat', '$(rm x)', 'a b'])), [
    'read cat("$(rm x)" "a b") read:"$(rm x)" read:"a b"',
  ]);
  assert.deepEqual(sayAnalysis(analyseArguments(['sh', '-c', 'cat /etc/passwd; rm a'])), [
    'read sh>cat(/etc/passwd) read:/etc/passwd shell',
    'write sh>rm(a) remove:a shell',
  ]);
  assert.deepEqual(sayAnalysis(analyseArguments([])), [
    'unknown ?(?) files:? opaque (which program runs is not known)',
  ]);
});

describe('a policy of a few programs that read', () => {
  const { policies, problems } = parsePolicies([
    {
      path: 'reading.yaml',
      text: `policies:
  - name: files of the app
    principals: any
    targets: any
    operations: [read, session]
    ssh: { programs: [cat, head, wc, grep, ls], files: ["/srv/app/**"] }
    effect: permit
  - name: words
    principals: any
    targets: any
    operations: [read, session]
    ssh: { programs: [cd, echo, "true", "false", ":", printf, "[", "test", read] }
    effect: permit
`,
    },
  ]);
  const decider = compilePolicies(policies).decider(jobOf(), targetNamed('host'));
  const decide = (text: string) => {
    const operations = programOperations(analyseCommandLine(text), (facts) => ({
      kind: 'exec',
      ssh: { channel: 'exec', user: 'deploy', ...facts },
    }));
    return decider({ operations }).effect;
  };

  test('permits what it says, in whatever clothes', () => {
    assert.deepEqual(problems, []);
    for (const text of [
      'cat /srv/app/a',
      "cat '/srv/app/a b' | grep x | wc -l",
      'cd /srv/app && cat a',
      "sh -c 'cat /srv/app/a | wc'",
      'if [ 1 -eq 1 ]; then echo yes; fi',
      '/bin/cat /srv/app/a 2>/dev/null',
      'for f in a b; do echo "$f"; done',
      'grep -r x /srv/app',
    ]) {
      assert.equal(decide(text), 'permit', text);
    }
  });

  test('is not passed by any of the ways that are known', () => {
    const lines = readFileSync(new URL('../../test/corpus/shell/bypasses.txt', import.meta.url), 'utf8').split('\n');
    const attempts = lines.filter((line) => line !== '' && !line.startsWith('# '));
    assert.ok(attempts.length > 250, `${attempts.length} attempts`);
    assert.deepEqual(
      attempts.filter((line) => decide(plain(line)) !== 'deny'),
      [],
    );
  });
});
