import { explanationView } from '../../trials/explanation-view.ts';
import type { CaseResult, StepResult } from '../../trials/run-cases.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';
import { explanationLines } from './explanation-text.ts';

/** What a case that failed is told with: what differs, and every rule's reason. */
export function failureText({ steps }: CaseResult, paint: Output['paint']): string {
  const failed = steps.filter(({ differences }) => differences.length > 0);
  return failed.map((step) => stepText(step, paint)).join('');
}

function stepText({ statement, differences, answer }: StepResult, paint: Output['paint']): string {
  const lines = [
    ...printableLines(statement.trim()).split('\n'),
    ...differences.map((difference) => paint('red', printable(difference))),
    ...explanationLines(explanationView(answer, answer), paint).map((line) => `  ${line}`),
  ];
  return lines.map((line) => `    ${line}\n`).join('');
}

/** JUnit's XML, as CI systems read it: a suite for each file, a case for each case. */
export function junitXml(files: readonly { readonly path: string; readonly results: readonly CaseResult[] }[]): string {
  const suites = files.map(({ path, results }) => {
    const failed = results.filter(({ passed }) => !passed).length;
    const cases = results.map((result) => caseXml(path, result)).join('');
    const counts = `tests="${results.length}" failures="${failed}" time="${seconds(results)}"`;
    return `  <testsuite name="${xml(path)}" ${counts}>\n${cases}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`;
}

function caseXml(path: string, result: CaseResult): string {
  const place = `classname="${xml(path)}" name="${xml(result.name)}" file="${xml(path)}" line="${result.line}"`;
  const head = `    <testcase ${place} time="${seconds([result])}"`;
  if (result.passed) return `${head}/>\n`;
  const message = result.steps.flatMap(({ differences }) => differences).join('; ');
  const text = failureText(result, (_style, plain) => plain);
  return `${head}>\n      <failure message="${xml(message)}">${xml(text)}</failure>\n    </testcase>\n`;
}

function seconds(results: readonly CaseResult[]): string {
  return (results.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000).toFixed(3);
}

/** Markup and what XML 1.0 has no place for: controls are written out first. */
function xml(text: string): string {
  return printableLines(text).replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
