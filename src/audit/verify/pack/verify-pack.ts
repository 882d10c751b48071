/**
 * Verifies an auditor's pack offline, from the verifier's own keys (docs/operating/audit-export.md). Runs in Node and in a
 * browser, as verifying a bundle does.
 */

import { utf8 } from '../../c2sp/bytes.ts';
import { activatedPolicies, derivedFiles } from '../../pack/derived-files.ts';
import { PACK } from '../../pack/pack.ts';
import type { PackFacts } from '../../pack/pack-facts.ts';
import { reportText } from '../../pack/report-text.ts';
import type { ByteSource, Engine } from '../bundle/engine.ts';
import { verifyConsistency } from '../bundle/tree.ts';
import type { Trust } from '../bundle/trust.ts';
import { type Archive, openZip, pieces, windowed } from '../bundle/zip-archive.ts';
import type { VerifyReport } from '../verify-report.ts';
import { type CheckedRange, checkRange } from './check-range.ts';
import { checkSamples, verifySamples } from './check-samples.ts';
import { hashesIn, type PackCheck, packJson, packText, readManifest } from './pack-check.ts';
import { type PackReport, PackReportWriter } from './pack-report.ts';

export interface VerifyPackOptions {
  readonly engine: Engine;
  /** What the verifier brings along; what is not there is not believed. */
  readonly trust: Trust;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

export async function verifyPack(source: ByteSource, options: VerifyPackOptions): Promise<PackReport> {
  const report = new PackReportWriter();
  const archive = await openZip(windowed(source));
  if (typeof archive === 'string') {
    report.fail('archive', `the archive is not to be read: ${archive}`);
    return report.report();
  }
  report.end('archive', `${archive.size} files, ${source.size} bytes`);
  try {
    await verifyArchive(archive, report, options);
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    // A pack may hold anything: what cannot even be checked has failed.
    report.fail('contents', `the pack cannot be checked: ${String(cause)}`);
  }
  return report.report();
}

async function verifyArchive(archive: Archive, report: PackReportWriter, options: VerifyPackOptions): Promise<void> {
  const { engine, trust, nowMs, signal } = options;
  const manifest = await readManifest(archive);
  if (typeof manifest === 'string') {
    report.fail('contents', manifest, PACK.manifest);
    return;
  }
  const { origin, control, span } = manifest;
  report.pack = { origin, control, span: { from: span.from, to: span.to } };
  const check: PackCheck = { engine, trust, nowMs, archive, report, manifest, signal };
  await checkFiles(check);
  const samples = await verifySamples(check);
  const sizes = new Set([...samples.values()].flatMap(({ log }) => (log === undefined ? [] : [log.size])));
  const range = await checkRange(check, sizes);
  if (range === undefined) return;
  await checkPopulation(check, range.facts);
  await checkPolicies(check, range.facts);
  await checkSamples(check, range, samples);
  await checkReport(check, range);
}

async function checkFiles({ archive, engine, manifest, report, signal }: PackCheck): Promise<void> {
  const named = new Map(manifest.files.map((file) => [file.path, file]));
  if (named.size !== manifest.files.length) report.fail('contents', 'a file is named twice', PACK.manifest);
  for (const file of archive.values()) {
    signal?.throwIfAborted();
    const { path } = file;
    const said = named.get(path);
    const digest = engine.sha256Stream();
    let crc = 0;
    for await (const piece of pieces(file)) {
      crc = engine.crc32(piece, crc);
      digest.update(piece);
    }
    report.totals.files++;
    report.totals.bytes += file.bytes;
    if (crc !== file.crc) report.fail('contents', 'the file is not the one that was put into the archive', path);
    if (path === PACK.manifest) continue;
    if (said === undefined) report.fail('contents', 'the pack does not name this file', path);
    else if (said.bytes !== String(file.bytes) || said.sha256 !== digest.digest())
      report.fail('contents', 'the file is not the one that the pack names', path);
  }
  for (const path of named.keys())
    if (!archive.has(path)) report.fail('contents', 'the pack names this file, and it is missing', path);
  report.end('contents', `${report.totals.files} files`);
}

/** Each of these files is made again, and must be the same to the byte. */
async function checkPopulation({ archive, report, manifest }: PackCheck, facts: PackFacts): Promise<void> {
  for (const [path, expected] of derivedFiles(facts, manifest)) {
    const found = await packText(archive, path);
    if (found === undefined) report.fail('population', 'the file is missing', path);
    else if (found !== expected)
      report.fail('population', 'the file does not say what the entries of the log say', path);
  }
  const open = [...facts.runs.values()].filter(({ close }) => close === undefined);
  report.totals.runs = facts.runs.size;
  report.totals.unterminated = open.length;
  report.totals.gaps = facts.gaps.length;
  if (open.length > 0) report.note('population', `${open.length} runs were opened and never closed`);
  if (facts.gaps.length > 0)
    report.note(
      'population',
      `the log was silent ${facts.gaps.length} times for longer than a heartbeat of ${manifest.heartbeatMs / 60_000} minutes`,
    );
  report.end('population', `${facts.runs.size} runs, ${open.length} unterminated, ${facts.gaps.length} gaps`);
}

async function checkPolicies({ archive, engine, report }: PackCheck, facts: PackFacts): Promise<void> {
  const digests = activatedPolicies(facts);
  for (const digest of digests) {
    const path = PACK.policy(digest);
    const text = await packText(archive, path);
    if (text === undefined)
      report.incomplete('policies', 'the text of a policy set that was in force is not here', path);
    else if (engine.sha256(utf8(text)) !== digest)
      report.fail('policies', 'this is not the policy set that the log says was activated', path);
  }
  report.end('policies', `${digests.length} sets of policies`);
}

const MAX_HASHES = 64;

async function checkReport(
  { archive, engine, report, manifest }: PackCheck,
  { checkpoint }: CheckedRange,
): Promise<void> {
  const said = await packJson(archive, PACK.report);
  const log = said?.['log'] as VerifyReport | undefined;
  const samples = said?.['samples'] as readonly { readonly run: string; readonly verdict: string }[] | undefined;
  const continues = hashesIn(said?.['continues'], MAX_HASHES);
  if (log?.checkpoint === undefined || !Array.isArray(samples) || continues === undefined) {
    report.fail('report', 'the report of the gateway’s verifier is missing or malformed', PACK.report);
    return;
  }
  const { origin, size, root } = log.checkpoint;
  const sizes = { old: checkpoint.size, size };
  const goesOn = verifyConsistency(engine, sizes, continues, { oldRoot: checkpoint.root, root });
  if (origin !== manifest.origin || !goesOn)
    report.fail('report', 'the report is of another log, or an earlier state of it', PACK.report);
  if (log.verdict === 'FAIL')
    report.fail('report', 'the gateway’s own verifier found that its log is not what was recorded', PACK.report);
  else if (log.verdict !== 'PASS')
    report.incomplete('report', 'the gateway’s own verifier could not check everything', PACK.report);
  if (namesOf(samples) !== namesOf(report.samples))
    report.fail('report', 'the report is of another sample', PACK.report);
  for (const { run, verdict } of samples)
    if (verdict === 'FAIL') report.fail('report', `the gateway’s own verifier found run ${run} altered`, PACK.report);
  if ((await packText(archive, PACK.reportText)) !== reportText(log, samples))
    report.fail('report', 'the report in words says something else', PACK.reportText);
  const controls = await packJson(archive, PACK.controls);
  if (controls?.['asked'] !== manifest.control)
    report.fail('report', 'the controls are those of another question', PACK.controls);
  report.end('report', `${log.verdict}, of ${size} entries`);
}

function namesOf(samples: readonly { readonly run: string }[]): string {
  const names = samples.map(({ run }) => run);
  return names.sort((one, other) => (one < other ? -1 : 1)).join(' ');
}
