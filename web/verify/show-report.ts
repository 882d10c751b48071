/** A report as the page shows it. */
import {
  type BundleReport,
  type Finding,
  STEPS,
  type Step,
  type Withheld,
} from '../../src/audit/verify/bundle/report.ts';
import { element } from './elements.ts';

const WORDS = { PASS: 'Passed', FAIL: 'Failed', INCOMPLETE: 'Incomplete', SKIPPED: 'Not checked' } as const;
const MARKS = { PASS: '✓', FAIL: '✗', INCOMPLETE: '?', SKIPPED: '–' } as const;

/** The steps that ended so far, and those to come. */
export function stepList(steps: readonly Step[]): HTMLElement {
  const done = new Map(steps.map((step) => [step.id, step]));
  const items = STEPS.map(([id, title]) => {
    const step = done.get(id);
    return step === undefined ? waiting(title) : stepItem(step);
  });
  return element('ol', 'steps', ...items);
}

function waiting(title: string): HTMLElement {
  return element('li', 'waiting', element('span', 'mark', '·'), element('span', 'title', title));
}

function stepItem({ verdict, title, detail, findings }: Step): HTMLElement {
  const mark = element('span', 'mark', MARKS[verdict]);
  mark.setAttribute('aria-hidden', 'true');
  return element(
    'li',
    verdict.toLowerCase(),
    mark,
    element('span', 'title', title),
    element('span', 'said', WORDS[verdict]),
    element('p', 'detail', detail),
    findings.length === 0 ? undefined : element('ul', 'findings', ...findings.map(findingItem)),
  );
}

function findingItem({ severity, file, line, message }: Finding): HTMLElement {
  const place = file === undefined ? undefined : element('code', '', line === undefined ? file : `${file}:${line}`);
  return element('li', severity, place, ` ${message}`);
}

/** The answer as a whole, above its steps. */
export function banner(report: BundleReport): HTMLElement {
  const { verdict, keys, totals, log } = report;
  const counted = `${totals.sessions} sessions, ${totals.events} events, ${totals.requests} requests`;
  const under = log === undefined ? '' : `; ${log.origin} at ${log.size} entries`;
  return element(
    'div',
    `banner ${verdict.toLowerCase()}`,
    element('h2', '', verdict),
    element('p', '', MEANING[verdict]),
    verdict === 'FAIL' ? undefined : element('p', 'detail', `${counted}${under}.`),
    keys === 'own' ? undefined : element('p', '', OWN_KEYS),
  );
}

const MEANING = {
  PASS: 'By your keys, this is what was recorded: nothing was altered, dropped, reordered or added.',
  FAIL: 'This is not what was recorded, or cannot be shown to be. The steps say why.',
  INCOMPLETE: 'Nothing contradicts the record, and something that is needed is not here. The steps say what.',
} as const;

const OWN_KEYS =
  'Some of the keys that this hangs on are the bundle’s own: by those it was only checked against itself. Drop your own trust policy and statement keys, which you have from elsewhere.';

/** With who, when and why, where the log says it. */
function notOpened({ file, why, by, at, reason }: Withheld): string {
  const who = [by && `by ${by}`, at && `at ${at}`, reason && `for ${reason}`].filter(Boolean).join(' ');
  return `${file} (${why}${who === '' ? '' : ` ${who}`})`;
}

/** Which run it is. */
export function runTable({ run, timestamps, withheld }: BundleReport): HTMLElement | undefined {
  if (run === undefined) return undefined;
  const { sourceRepositoryUri, sourceRef, sourceDigest, runInvocationUri, issuer } = run.workload ?? {};
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Run', run.id],
    ['Repository', sourceRepositoryUri],
    ['Ref', sourceRef],
    ['Commit', sourceDigest],
    ['Job', runInvocationUri],
    ['Token issuer', issuer],
    ['Opened', run.openedAt],
    ['Closed', run.closedAt ?? 'still open'],
    ['Ended as', run.termination],
    ['Timestamps', timestamps.length === 0 ? undefined : timestamps.join(', ')],
    ['Not opened', withheld.length === 0 ? undefined : withheld.map(notOpened).join('\n')],
  ];
  const known = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [element('dt', '', name), element('dd', '', value)],
  );
  return element('dl', 'run', ...known);
}
