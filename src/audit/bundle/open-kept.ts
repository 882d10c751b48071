/** Hands out evidence that was made and kept, with no gateway running: nothing is made, and nothing is written. */
import { RunKeys, readDeploymentKey } from '../audit-keys.ts';
import { auditPaths } from '../audit-paths.ts';
import { readLogHead } from '../read/read-log.ts';
import { bundleFiles } from './bundle-files.ts';
import { EntryProofs } from './entry-proofs.ts';
import type { OpenOptions } from './evidence-service.ts';
import type { KeptEvidence } from './kept-evidence.ts';
import { LogCatalogue } from './log-catalogue.ts';
import { BUNDLE, type RunManifest } from './manifest.ts';
import { bundledEntries, findRunEntries } from './run-entries.ts';
import { sessionFile } from './run-manifest.ts';
import { type StoredZip, storedZip } from './stored-zip.ts';

/** Undefined where none was made. `directory` is the audit directory. */
export async function openKept(
  directory: string,
  kept: KeptEvidence,
  run: string,
  { withholds, signal }: OpenOptions,
): Promise<StoredZip | undefined> {
  const paths = auditPaths(directory);
  const record = kept.record(run);
  const manifestBytes = kept.read(run, BUNDLE.manifest);
  const statement = kept.read(run, BUNDLE.statement);
  if (record === undefined || manifestBytes === undefined || statement === undefined) return undefined;
  const manifest = JSON.parse(manifestBytes.toString('utf8')) as RunManifest;
  const content = (path: string) => kept.read(run, path) ?? keptPolicy(kept, path);
  const deployment = readDeploymentKey(paths.keys);
  const runKey = deployment && new RunKeys(paths.keys, deployment).read(run);
  const catalogue = new LogCatalogue(directory);
  const proved = { checkpoint: record.checkpoint, indices: record.entries };
  // Erased since it was kept: the entry that says so belongs to it.
  const isErasedSince = runKey === undefined && !record.erased;
  const { checkpoint, indices } = isErasedSince ? await newest(catalogue, directory, manifest) : proved;
  const entries = await catalogue.entries(indices);
  const opened = new Map(
    entries.filter(({ kind }) => kind === 'session.open').map((open) => [String(open.members['session']), open]),
  );
  const said = (path: string) => content(path)?.toString('utf8') ?? '';
  const files = bundleFiles({
    paths,
    manifest,
    manifestBytes,
    statement: statement.toString('utf8'),
    entries,
    proofs: new EntryProofs(paths.log, checkpoint),
    keys: {
      logKey: said(BUNDLE.logKey).trimEnd(),
      statementKey: said(BUNDLE.statementKey),
      timestampAuthorities: said(BUNDLE.timestampAuthorities),
    },
    sessionFile: (id) => {
      const open = opened.get(id);
      if (open === undefined) throw new Error(`the opening of session ${id} is in no entry of the bundle`);
      return sessionFile(paths, { id, open });
    },
    content,
    runKey,
    withholds,
    terminal: () => undefined,
  });
  return await storedZip(files, signal);
}

async function newest(catalogue: LogCatalogue, directory: string, { run, policies }: RunManifest) {
  const head = await readLogHead(directory);
  const size = head?.size ?? 0;
  await catalogue.advance(size);
  const found = await findRunEntries(catalogue, run.id, { openedAt: run.openedAt, size });
  const indices = found === undefined ? [] : bundledEntries(found, policies, catalogue);
  return { checkpoint: head?.checkpoint ?? '', indices };
}

function keptPolicy(kept: KeptEvidence, path: string): Buffer | undefined {
  const [, digest] = /^policy\/([0-9a-f]{64})\.json$/u.exec(path) ?? [];
  return digest === undefined ? undefined : kept.policy(digest);
}
