/** The first two steps: the archive, and every file of it against the manifest. */
import { BUNDLE, type ManifestFile, OWN_FILES, type RunManifest } from '../../bundle/manifest.ts';
import { utf8 } from '../../c2sp/bytes.ts';
import { MAX_WHOLE_BYTES, textOf } from './bundle-check.ts';
import type { Engine } from './engine.ts';
import { manifestProblem, parseManifest } from './manifest-file.ts';
import type { ReportWriter } from './report.ts';
import { type Archive, type ArchiveFile, pieces, readText } from './zip-archive.ts';

export interface Contents {
  readonly manifest: RunManifest;
  readonly manifestDigest: string;
  readonly absent: ReadonlyMap<string, ManifestFile>;
  readonly said: ReadonlyMap<string, string>;
}

/** Undefined where there is no manifest to go on with. */
export async function checkContents(
  engine: Engine,
  archive: Archive,
  report: ReportWriter,
  onProgress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Contents | undefined> {
  const file = archive.get(BUNDLE.manifest);
  if (file === undefined) {
    report.fail('contents', 'the manifest is missing: this is no evidence bundle', { file: BUNDLE.manifest });
    return undefined;
  }
  const text = await readText(file, MAX_WHOLE_BYTES);
  const manifest = text === undefined ? 'the manifest is no text' : parseManifest(text);
  const problem = typeof manifest === 'string' ? manifest : manifestProblem(manifest);
  if (problem !== undefined) report.fail('contents', problem, { file: BUNDLE.manifest });
  if (text === undefined || typeof manifest === 'string') return undefined;
  const named = new Map(manifest.files.map((one) => [one.path, one]));
  for (const one of archive.values()) {
    signal?.throwIfAborted();
    await checkFile(engine, one, named.get(one.path), report, onProgress);
  }
  const absent = new Map([...named].filter(([path]) => !archive.has(path)));
  for (const { path, tier } of absent.values()) {
    if (tier === 'open') report.fail('contents', 'the manifest names this file, and it is missing', { file: path });
  }
  return { manifest, manifestDigest: engine.sha256(utf8(text)), absent, said: await readWithheld(archive, report) };
}

async function checkFile(
  engine: Engine,
  file: ArchiveFile,
  named: ManifestFile | undefined,
  report: ReportWriter,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const { path } = file;
  const place = { file: path };
  if (named === undefined && !OWN_FILES.test(path))
    report.fail('contents', 'the manifest does not name this file', place);
  const digest = named === undefined ? undefined : engine.sha256Stream();
  let crc = 0;
  for await (const piece of pieces(file)) {
    crc = engine.crc32(piece, crc);
    digest?.update(piece);
    onProgress(piece.length);
  }
  report.totals.bytes += file.bytes;
  report.totals.files++;
  if (crc !== file.crc) report.fail('contents', 'the file is not the one that was put into the archive', place);
  if (named !== undefined && (named.bytes !== String(file.bytes) || digest?.digest() !== named.sha256)) {
    report.fail('contents', 'the file is not the one that the manifest names', place);
  }
}

/** What people say of files that are not there: `{"files":[{"path","why"}],"run","v":1}`. */
async function readWithheld(archive: Archive, report: ReportWriter): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  const text = await textOf(archive, BUNDLE.withheld);
  if (text === undefined) return said;
  try {
    const { files } = JSON.parse(text) as {
      readonly files: readonly { readonly path: string; readonly why: string }[];
    };
    for (const { path, why } of files) said.set(path, why);
  } catch {
    report.fail('contents', 'what it says of files that were withheld cannot be read', { file: BUNDLE.withheld });
  }
  return said;
}
