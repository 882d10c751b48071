/** RFC 3161 timestamps over the statement's signature, by authorities of the verifier's own. */
import { BUNDLE } from '../../bundle/manifest.ts';
import type { BundleCheck, CheckedStatement } from './bundle-check.ts';
import { verifyTimestamp } from './timestamp.ts';

const PLACE = { file: BUNDLE.statement };
/** How far an authority's clock and the gateway's may be apart. */
const SKEW_MS = 5 * 60_000;
/** A statement that was stamped much later than its run closed may have been made anew in between. */
const LATE_MS = 24 * 3_600_000;

export async function checkTime(check: BundleCheck, statement: CheckedStatement | undefined): Promise<void> {
  const { report, trust } = check;
  const timestamps = statement?.envelope.timestamps ?? [];
  if (trust.authorities === undefined) {
    for (const one of timestamps) await checkWhole(check, statement as CheckedStatement, one);
    const detail = timestamps.length === 0 ? 'no timestamp' : 'timestamps not checked: you named no authority (--tsa)';
    report.end('time', detail, true);
    return;
  }
  if (statement === undefined || timestamps.length === 0) {
    report.incomplete('time', 'you named timestamp authorities, and the statement has no timestamp', PLACE);
    report.end('time', 'no timestamp');
    return;
  }
  const problems: string[] = [];
  for (const one of timestamps) {
    const time = await verifyTimestamp(one, statement.envelope.signature, trust.authorities);
    if (typeof time === 'string') problems.push(time);
    else checkMoment(check, time.ms);
  }
  if (report.timestamps.length === 0) {
    for (const problem of problems) report.fail('time', `a timestamp is not to be believed: ${problem}`, PLACE);
  } else {
    // One that is good is enough: others may be of authorities that this verifier does not know.
    for (const problem of problems) report.note('time', `another timestamp was left out: ${problem}`, PLACE);
    for (const one of timestamps) await checkWhole(check, statement, one);
  }
  report.end(
    'time',
    report.timestamps.length === 0 ? 'no timestamp to be believed' : `seen at ${report.timestamps.join(', ')}`,
  );
}

/** Nobody vouches for it here, but it must be a timestamp of this signature: none is carried along unlooked at. */
async function checkWhole(
  { report }: BundleCheck,
  { envelope }: CheckedStatement,
  response: Uint8Array,
): Promise<void> {
  const time = await verifyTimestamp(response, envelope.signature, undefined);
  if (typeof time === 'string') report.fail('time', `a timestamp is not what it says: ${time}`, PLACE);
}

function checkMoment({ report, manifest, nowMs }: BundleCheck, ms: number): void {
  const at = new Date(ms).toISOString();
  report.timestamps.push(at);
  const closedAt = Date.parse(manifest.run.closedAt ?? manifest.run.openedAt);
  if (ms > nowMs + SKEW_MS) report.fail('time', `a timestamp is of the future: ${at}`, PLACE);
  if (ms < closedAt - SKEW_MS) report.fail('time', `a timestamp is of ${at}, before the run was over`, PLACE);
  if (ms > closedAt + LATE_MS)
    report.note('time', 'the statement was stamped more than a day after the run closed', PLACE);
}
