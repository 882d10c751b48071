/** That people approved what needed it, that the policies are here, and that what the statement counts is so. */
import { BUNDLE } from '../../bundle/manifest.ts';
import { canonicalJson, type Json } from '../../canonical-json.ts';
import type { BundleCheck, CheckedStatement } from './bundle-check.ts';
import type { SeenApproval, SeenRun } from './check-sessions.ts';
import type { RunLog } from './log-entries.ts';

export function checkDecisions(
  check: BundleCheck,
  log: RunLog,
  seen: SeenRun,
  statement: CheckedStatement | undefined,
): void {
  const { report } = check;
  const used = new Set<string>();
  for (const approval of seen.approvals) checkApproval(check, log, approval, used);
  checkPolicies(check, log, seen);
  if (statement === undefined) report.incomplete('decisions', 'there is no statement whose figures could be compared');
  else checkStated(check, log, seen, statement);
  report.summary = seen.summary;
  const { requests, denied, approved } = seen.summary;
  report.end('decisions', `${requests} requests, ${denied} refused, ${approved} approved by people`);
}

/**
 * A request that people approved must have their answer in the log, for this very request, and be the only one that was
 * forwarded by it. The digest says which request it is, its run included. Where it is made is not part of it: a client that
 * waits no longer makes it again elsewhere.
 */
function checkApproval(
  { report }: BundleCheck,
  log: RunLog,
  { session, line, held }: SeenApproval,
  used: Set<string>,
): void {
  const place = { file: BUNDLE.session(session), line };
  const answers = log.decided.filter(({ detail }) => detail['approval'] === held.id);
  const fits = answers.filter(({ detail }) => detail['digest'] === held.digest && detail['state'] === 'approved');
  if (used.has(held.id)) report.fail('decisions', `approval ${held.id} lets a second request pass`, place);
  used.add(held.id);
  if (answers.length === 0) {
    report.fail(
      'decisions',
      `the log knows no answer to approval ${held.id}, which this request was forwarded by`,
      place,
    );
  } else if (fits.length === 0) {
    report.fail('decisions', `approval ${held.id} was not given for this request, or not given at all`, place);
  }
}

function checkPolicies({ manifest, report, archive }: BundleCheck, log: RunLog, seen: SeenRun): void {
  const named = new Set(manifest.policies);
  for (const digest of seen.policies) {
    if (!named.has(digest)) report.fail('decisions', `policy ${short(digest)} decided, and the manifest leaves it out`);
  }
  for (const digest of manifest.policies) {
    const path = BUNDLE.policy(digest);
    const file = manifest.files.find((one) => one.path === path);
    if (file === undefined || !archive.has(path)) {
      report.incomplete('decisions', 'the text of a policy that decided is not here', { file: path });
    } else if (file.sha256 !== digest) {
      report.fail('decisions', 'the file is not the policy that it is named after', { file: path });
    }
    if (!log.policies.has(digest)) {
      report.note('decisions', `the bundle has no entry of the log that puts policy ${short(digest)} into force`);
    }
  }
}

function checkStated(
  { report, manifest }: BundleCheck,
  log: RunLog,
  seen: SeenRun,
  { predicate }: CheckedStatement,
): void {
  const place = { file: BUNDLE.statement };
  const { events, summary } = predicate;
  const expected: Readonly<Record<string, readonly [stated: unknown, counted: unknown]>> = {
    summary: [summary, seen.summary],
    'number of events': [events?.count, report.totals.events],
    'number of sessions': [events?.sessions, manifest.sessions.length],
    'root over the sessions': [events?.sessionsRoot, log.isClosed ? log.lastClose?.members['sessionsRoot'] : undefined],
    'time of the first event': [events?.firstAt, seen.firstAt],
    'time of the last event': [events?.lastAt, seen.lastAt],
    policies: [predicate.policies?.map(({ digest }) => digest.sha256).sort(), [...manifest.policies].sort()],
    'place of run.open in the log': [predicate.log?.openIndex, manifest.log.openIndex],
    'place of run.close in the log': [predicate.log?.closeIndex, manifest.log.closeIndex],
    termination: [predicate.run?.termination, manifest.run.termination],
  };
  for (const [what, [stated, counted]] of Object.entries(expected)) {
    if (isSame(stated, counted)) continue;
    report.fail('decisions', `the statement's ${what} is not what the files come to`, place);
  }
  const unused = new Set(seen.approvals.map(({ held }) => held.id as string));
  for (const { id, usedAt, decision } of predicate.approvals ?? []) {
    const isUsed = unused.delete(id);
    if ((usedAt !== undefined) !== isUsed || (isUsed && decision !== 'approved')) {
      report.fail('decisions', `the statement says something else of approval ${id} than the sessions`, place);
    }
  }
  for (const id of unused) report.fail('decisions', `the statement leaves out approval ${id}`, place);
}

function isSame(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left as Json) === canonicalJson(right as Json);
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
