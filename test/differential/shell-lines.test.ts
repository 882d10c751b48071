import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyseCommandLine } from '../../src/shell/analyse-command-line.ts';
import type { CommandLine } from '../../src/shell/command-line.ts';
import { makeLines } from '../corpus/shell/make-lines.ts';
import { readShellCorpus } from '../corpus/shell/read-corpus.ts';
import { type RecordedRun, RecordedShell } from '../support/recorded-shell.ts';

/** What only writes down that it ran; the shells' own programs of these names are the shells' own. */
const RECORDED =
  'ls cat rm wc head tail grep cp mv touch tee sort uniq cut mkdir id whoami f g sed awk tar git curl systemctl dd chmod printenv du stat basename'.split(
    ' ',
  );
const REAL = {
  env: '/usr/bin/env',
  nice: '/usr/bin/nice',
  nohup: '/usr/bin/nohup',
  timeout: '/usr/bin/timeout',
  xargs: '/usr/bin/xargs',
  find: '/usr/bin/find',
  sh: '/bin/dash',
  dash: '/bin/dash',
  bash: '/bin/bash',
};
const SHELLS = ['/bin/dash', '/bin/bash'];
const AT_ONCE = 4;

/** True where the analysis says that it knows all. */
function isCertain({ programs, opaque }: CommandLine): boolean {
  return opaque === undefined && programs.every(({ access }) => access !== 'unknown');
}

/** Programs that ran and that the analysis does not have. */
function missed({ programs }: CommandLine, ran: readonly RecordedRun[]): readonly RecordedRun[] {
  return ran.filter((run) => !programs.some((one) => one.program === run.program && fits(one.arguments, run.words)));
}

/** Null stands for any number of words. */
function fits(pattern: readonly (string | null)[], words: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return words.length === 0;
  if (first !== null) return words[0] === first && fits(rest, words.slice(1));
  return fits(rest, words) || (words.length > 0 && fits(pattern, words.slice(1)));
}

async function missedIn(
  lines: readonly string[],
  analyse: (line: string) => CommandLine,
): Promise<{ readonly found: readonly string[]; readonly ran: number; readonly certain: number }> {
  await using shell = await RecordedShell.open(RECORDED, REAL);
  const found: string[] = [];
  let ran = 0;
  // What is not certain is refused: nothing that it runs could surprise.
  const known = lines.map((line) => ({ line, analysis: analyse(line) })).filter(({ analysis }) => isCertain(analysis));
  const left = known.flatMap((one) => SHELLS.map((program) => ({ ...one, program })));
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { program, line, analysis } = next;
      const runs = await shell.run(program, line);
      ran += runs.length;
      for (const run of missed(analysis, runs)) {
        found.push(`${program}: ${JSON.stringify(line)} ran ${JSON.stringify(run)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { found, ran, certain: known.length };
}

/** What names no path, waits for nobody, and ends nobody: it may run here. */
function mayRun(line: string): boolean {
  return !/[/~\0]|\.\.|kill|wait|sleep|while|until|exec|trap|watch|reboot|chroot|flock|su\b|\bcd\b|exit|set /.test(
    line.replaceAll('/dev/null', ''),
  );
}

describe('what shells truly run', () => {
  test('stands in the analysis of every line of the corpus, with its words, or the line is unknown', async () => {
    const lines = readShellCorpus('lines.txt').map(({ text }) => text);
    const { found, ran, certain } = await missedIn(lines.filter(mayRun), analyseCommandLine);
    assert.deepEqual(found, []);
    assert.ok(ran > 300 && certain > 150, `${ran} programs ran, ${certain} lines were certain`);
  });

  test('stands in the analysis of lines that are made up', async () => {
    const lines = makeLines(20_261_123, 150);
    assert.deepEqual(
      lines.filter((line) => !mayRun(line)),
      [],
    );
    const { found, ran, certain } = await missedIn(lines, analyseCommandLine);
    assert.deepEqual(found, []);
    assert.ok(ran > 300 && certain > 90, `${ran} programs ran, ${certain} lines were certain`);
  });

  test('finds an analysis that leaves out what stands in substitutions, or joins words', async () => {
    const lines = makeLines(7, 40);
    const without = (line: string): CommandLine => {
      const analysis = analyseCommandLine(line);
      return { ...analysis, programs: analysis.programs.filter(({ flags }) => !flags.includes('substitution')) };
    };
    assert.notEqual((await missedIn(lines, without)).found.length, 0);
    const glued = (line: string): CommandLine => {
      const analysis = analyseCommandLine(line);
      const programs = analysis.programs.map((one) => ({ ...one, arguments: [one.arguments.join(' ')] }));
      return { ...analysis, programs };
    };
    assert.notEqual((await missedIn(lines, glued)).found.length, 0);
  });
});
