import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { type CaseProblem, readCases } from '../../trials/read-cases.ts';
import type { CaseResult, Coverage } from '../../trials/run-cases.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Output, processOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { findCaseFiles, LOCAL_FILES } from './case-files.ts';
import { failureText, junitXml } from './case-report.ts';

interface TestOptions {
  readonly json?: boolean;
  readonly junit?: string;
  readonly coverage?: boolean;
}

/** `chaperone policy test`: the cases that stand beside policies, without a gateway and without a database. */
export function policyTestCommand(): Command {
  return new Command('test')
    .description(
      'Runs the cases of *.test.yaml: statements, who asks them where, and how they must be decided and masked.\n' +
        'Asks no gateway and no database. Exits 0 where all pass, 1 where one fails, 2 where not all could be tested:\n' +
        'a file that is wrong, no case at all or, with --coverage, a rule that no case exercises.',
    )
    .argument('[paths...]', 'files, and folders that are looked through (default: the current one)')
    .option('--coverage', 'also say which rules no case exercises')
    .option('--junit <file>', 'also write the results as JUnit XML')
    .option('--json', 'answer in JSON')
    .action(async (paths: readonly string[], options: TestOptions) => {
      process.exitCode = await test(paths, options, processOutput({ json: options.json ?? false }));
    });
}

interface Tested {
  readonly path: string;
  readonly results: readonly CaseResult[];
  readonly coverage: readonly Coverage[];
}

async function test(paths: readonly string[], options: TestOptions, output: Output): Promise<number> {
  const files = findCaseFiles(paths.length === 0 ? ['.'] : paths);
  if (files.length === 0) {
    throw new CliError(EXIT.incomplete, `there are no cases in ${paths.map(printable).join(', ') || 'this folder'}`, {
      hint: 'They stand in files *.test.yaml; docs/operating/testing-policies.md shows one.',
    });
  }
  // The parser is large; only this asks for it.
  const { loadPostgresParser } = await import('../../sql/postgres/parser.ts');
  const { coverageOf, runCases, schemaNotes } = await import('../../trials/run-cases.ts');
  await loadPostgresParser();
  const problems: CaseProblem[] = [];
  const tested: Tested[] = [];
  const notes: string[] = [];
  for (const path of files) {
    const read = readCases(path, LOCAL_FILES);
    if ('problems' in read) problems.push(...read.problems);
    else {
      const results = await runCases(read, () => performance.now());
      if (!output.json) showFile(path, results, output);
      notes.push(...schemaNotes(read));
      tested.push({ path, results, coverage: coverageOf(read, results) });
    }
  }
  if (options.junit !== undefined) writeFileSync(options.junit, junitXml(tested));
  const results = tested.flatMap((one) => one.results);
  const failed = results.filter(({ passed }) => !passed);
  const unexercised = options.coverage === true ? uncovered(tested) : [];
  const ok = failed.length === 0 && problems.length === 0 && unexercised.length === 0;
  if (output.json) {
    const cases = results.map(jsonOf);
    output.writeJson({ ok, cases, problems, notes, ...(options.coverage === true ? { unexercised } : {}) });
  } else showEnd(results, problems, unexercised, output);
  if (!output.json) for (const note of notes) output.say(`${printable(note)}\n`);
  if (failed.length > 0) return EXIT.failed;
  return ok ? EXIT.ok : EXIT.incomplete;
}

function showFile(path: string, results: readonly CaseResult[], output: Output): void {
  const passed = results.filter((result) => result.passed).length;
  const ms = Math.round(results.reduce((sum, { tookMs }) => sum + tookMs, 0));
  const mark = passed === results.length ? output.paint('green', '✓') : output.paint('red', '✗');
  output.write(`${mark} ${printable(path)}: ${passed} of ${counted(results.length, 'case')}, ${ms} ms\n`);
  for (const result of results) {
    if (result.passed) continue;
    output.write(`  ${output.paint('red', `${printable(path)}:${result.line}`)} ${printable(result.name)}\n`);
    output.write(failureText(result, output.paint));
  }
}

function showEnd(
  results: readonly CaseResult[],
  problems: readonly CaseProblem[],
  unexercised: readonly { readonly file: string; readonly rule: string }[],
  output: Output,
): void {
  for (const { path, line, message } of problems) {
    output.write(`${output.paint('red', `${printable(path)}:${line}`)} ${printable(message)}\n`);
  }
  for (const { file, rule } of unexercised) {
    output.write(`${output.paint('yellow', 'no case exercises')} ${printable(rule)} (${printable(file)})\n`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  const told = failed > 0 ? `, ${output.paint('red', `${failed} failed`)}` : '';
  output.write(`${counted(results.length, 'case')}, ${results.length - failed} passed${told}\n`);
}

/** A rule that several files test is exercised where one of them does. */
function uncovered(tested: readonly Tested[]): readonly { readonly file: string; readonly rule: string }[] {
  const met = new Set(
    tested.flatMap(({ coverage }) => coverage.filter(({ cases }) => cases > 0).map(({ rule }) => rule)),
  );
  const missing = new Map<string, string>();
  for (const { path, coverage } of tested) {
    for (const { rule } of coverage) if (!met.has(rule)) missing.set(rule, path);
  }
  return [...missing].map(([rule, file]) => ({ file, rule }));
}

function jsonOf({ file, line, name, passed, steps, tookMs }: CaseResult): object {
  const told = steps.map(({ statement, differences, answer }) => ({
    statement,
    differences,
    decision: answer.decision,
    operations: answer.operations,
    results: answer.results,
  }));
  return { file, line, name, passed, tookMs, steps: told };
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : `${what}s`}`;
}
