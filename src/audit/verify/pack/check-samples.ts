/** The sample: drawn as it says, one bundle a run, each verified by itself. */

import { terminatedRuns } from '../../pack/derived-files.ts';
import { drawSample } from '../../pack/draw-sample.ts';
import { DERIVED, PACK } from '../../pack/pack.ts';
import type { PackFacts } from '../../pack/pack-facts.ts';
import type { BundleReport } from '../bundle/report.ts';
import { verifyBundle } from '../bundle/verify-bundle.ts';
import type { CheckedRange } from './check-range.ts';
import { type PackCheck, packJson, packText } from './pack-check.ts';

const SAMPLE = /^samples\/([A-Za-z0-9_-]{1,100})\.evidence\.zip$/u;

/** The report of each bundle, by the run that its name says. */
export async function verifySamples(check: PackCheck): Promise<ReadonlyMap<string, BundleReport>> {
  const { archive, engine, trust, nowMs, signal } = check;
  const reports = new Map<string, BundleReport>();
  for (const file of archive.values()) {
    const [, run] = SAMPLE.exec(file.path) ?? [];
    if (run === undefined) continue;
    const source = { size: file.bytes, read: (start: number, end: number) => file.read(start, end) };
    const options = { engine, trust, nowMs, ...(signal === undefined ? {} : { signal }) };
    reports.set(run, await verifyBundle(source, options));
  }
  return reports;
}

export async function checkSamples(
  check: PackCheck,
  { facts, checkpoint, roots }: CheckedRange,
  reports: ReadonlyMap<string, BundleReport>,
): Promise<void> {
  const { archive, engine, report, manifest } = check;
  const drawn = drawSample(terminatedRuns(facts), checkpoint.root, manifest.sample, engine.sha256);
  const said = await packJson(archive, PACK.samples);
  if (said?.['seed'] !== checkpoint.root || JSON.stringify(said['drawn']) !== JSON.stringify(drawn)) {
    report.fail(
      'samples',
      `the sample is another one than is drawn from ${DERIVED.populationJson} by this root`,
      PACK.samples,
    );
  }
  for (const run of reports.keys())
    if (!drawn.includes(run)) report.fail('samples', 'this run was not drawn', PACK.sample(run));
  const denied = await deniedIn(check);
  for (const run of drawn) {
    const found = reports.get(run);
    if (found === undefined) {
      report.incomplete('samples', `run ${run} was drawn, and its evidence is not here: ${whyAbsent(said, run)}`);
      continue;
    }
    report.samples.push({ run, verdict: found.verdict });
    const file = PACK.sample(run);
    if (found.verdict === 'FAIL') report.fail('samples', 'this bundle does not verify', file);
    else if (found.verdict === 'INCOMPLETE')
      report.incomplete('samples', `this bundle is INCOMPLETE: ${whyIncomplete(found)}`, file);
    for (const problem of disagreements(found, run, facts, roots)) report.fail('samples', problem, file);
    const count = found.summary?.denied;
    if (count !== undefined && found.run?.id === run && String(count) !== (denied.get(run) ?? '0'))
      report.fail('samples', `run ${run} has ${count} denied requests; ${PACK.denied} says otherwise`, PACK.denied);
  }
  report.end('samples', `${reports.size} of ${drawn.length} drawn from ${facts.runs.size} runs`);
}

function* disagreements(
  { run, log }: BundleReport,
  named: string,
  facts: PackFacts,
  roots: CheckedRange['roots'],
): Generator<string> {
  if (run?.id !== named) {
    yield `the bundle is of run ${run?.id ?? 'none'}`;
    return;
  }
  if (run.termination !== facts.runs.get(named)?.close?.members['termination'])
    yield 'the bundle says that the run ended otherwise than the log of the pack does';
  const root = log === undefined ? undefined : roots.get(log.size);
  if (root !== undefined && root !== log?.root)
    yield 'the bundle is of another log: its checkpoint is not one that this log had';
}

function whyIncomplete({ steps }: BundleReport): string {
  return (
    steps.flatMap(({ findings }) => findings).find(({ severity }) => severity === 'incomplete')?.message ??
    'a step is missing'
  );
}

function whyAbsent(said: Record<string, unknown> | undefined, run: string): string {
  const absent = (Array.isArray(said?.['absent']) ? said['absent'] : []) as readonly Record<string, unknown>[];
  const why = absent.find((one) => one['run'] === run)?.['why'];
  return typeof why === 'string' ? why : 'it does not say why';
}

async function deniedIn({ archive }: PackCheck): Promise<ReadonlyMap<string, string>> {
  const rows = ((await packText(archive, PACK.denied)) ?? '').split('\r\n').slice(1, -1);
  return new Map(rows.map((row) => row.split(',') as [string, string]));
}
