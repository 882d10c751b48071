/** What stands in the archive of a run's evidence, in its order (docs/reference/evidence-bundle.md). */
import { createReadStream } from 'node:fs';
import { type AuditPaths, bodyPath } from '../audit-paths.ts';
import { canonicalJson } from '../canonical-json.ts';
import { readHandOver } from '../old-log-keys.ts';
import { readSession } from '../read/read-session.ts';
import type { EntryProofs } from './entry-proofs.ts';
import type { LoggedEntry } from './log-catalogue.ts';
import { BUNDLE, type ManifestFile, type RunManifest } from './manifest.ts';
import { readmeText } from './readme.ts';
import { CAST_CUT, castView, type TerminalRenderer } from './replay/cast-view.ts';
import { capped, type ViewedSession } from './replay/derived-view.ts';
import { HAR_CUT, harView } from './replay/har-view.ts';
import { MCP_CUT, mcpView } from './replay/mcp-view.ts';
import { SQL_CUT, sqlView } from './replay/sql-view.ts';
import type { ArchiveFile } from './stored-zip.ts';

/** The public keys and recipients of the deployment, as it says them of itself. */
export interface EvidenceKeys {
  readonly logKey: string;
  readonly statementKey: string;
  /** PEM, of all timestamp authorities. */
  readonly timestampAuthorities: string;
}

export interface BundleParts {
  readonly paths: AuditPaths;
  readonly manifest: RunManifest;
  readonly manifestBytes: Uint8Array;
  readonly statement: string;
  readonly entries: readonly LoggedEntry[];
  readonly proofs: EntryProofs;
  readonly keys: EvidenceKeys;
  /** Where a session's lines are. */
  readonly sessionFile: (session: string) => string;
  /** The small content files and the policies, by path; undefined for one that is gone. */
  readonly content: (path: string) => Uint8Array | undefined;
  /** The run's key; undefined where it was erased. */
  readonly runKey: Uint8Array | undefined;
  /** Why bodies are withheld from this bundle; undefined where they are in it. */
  readonly withholds: Withholding | undefined;
  /** A terminal for the sessions of a protocol; undefined where there is none. */
  readonly terminal: (target: string, protocol: string) => TerminalRenderer | undefined;
}

/** `erased`: nobody can open them any more. `role`: the caller may not read recordings. `asked`: the caller wanted none. */
export type Withholding = 'erased' | 'role' | 'asked';

export function bundleFiles(parts: BundleParts): readonly ArchiveFile[] {
  const { manifest } = parts;
  const withheld = withheldFiles(parts);
  const out = new Set(withheld.map(({ path }) => path));
  return [
    bytes(BUNDLE.readme, parts.content(BUNDLE.readme) ?? Buffer.from(readmeText(manifest))),
    bytes(BUNDLE.manifest, parts.manifestBytes),
    text(BUNDLE.statement, parts.statement),
    ...(withheld.length === 0 ? [] : [text(BUNDLE.withheld, withheldJson(parts, withheld))]),
    entriesFile(parts.entries),
    ...parts.entries.map(({ index }) => made(BUNDLE.proof(index), () => Buffer.from(parts.proofs.prove(index)))),
    ...trustFiles(parts.keys).map(([path, said]) => bytes(path, parts.content(path) ?? Buffer.from(said))),
    ...handOvers(parts),
    ...manifest.files.filter(({ path }) => !out.has(path)).map((file) => contentFile(parts, file)),
    ...(parts.runKey === undefined || parts.withholds !== undefined ? [] : restricted(parts, parts.runKey)),
  ];
}

/** Path and text of each file of what the gateway says of itself. */
export function trustFiles(keys: EvidenceKeys): readonly (readonly [path: string, text: string])[] {
  const { logKey, statementKey, timestampAuthorities } = keys;
  return [
    [BUNDLE.logKey, `${logKey}\n`],
    [BUNDLE.statementKey, statementKey],
    ...(timestampAuthorities === '' ? [] : [[BUNDLE.timestampAuthorities, timestampAuthorities] as const]),
  ];
}

/** By which a verifier who has an old key of the log alone comes to the one that signs now. */
function handOvers({ paths, entries }: BundleParts): readonly ArchiveFile[] {
  return entries.flatMap(({ kind, index, members }) => {
    const from = String(members['from']);
    if (kind !== 'key.rotated' || members['what'] !== 'log' || !/^[0-9a-f]{1,64}$/u.test(from)) return [];
    const proof = readHandOver(paths.keys, from);
    return proof === undefined ? [] : [text(BUNDLE.handOver(index), proof)];
  });
}

/** What only those get who may read bodies: the key, and views made with it. */
function restricted(parts: BundleParts, key: Uint8Array): readonly ArchiveFile[] {
  const { id } = parts.manifest.run;
  return [text(BUNDLE.runKey(id), `${Buffer.from(key).toString('hex')}\n`), ...views(parts)];
}

function views(parts: BundleParts): readonly ArchiveFile[] {
  const { manifest, paths } = parts;
  const sizes = new Map(manifest.files.map(({ path, bytes: size }) => [path, Number(size)]));
  return manifest.sessions.flatMap(({ id, target, protocol }) => {
    const to = sizes.get(BUNDLE.session(id)) ?? 0;
    const viewed = (): ViewedSession => ({
      run: manifest.run.id,
      session: id,
      events: readSession(paths.root, id, { to }),
    });
    const isSql = SQL.has(protocol);
    const hasTerminal = parts.terminal(target, protocol) !== undefined;
    const sql = { path: BUNDLE.replay(id, 'sql'), open: () => capped(sqlView(viewed()), SQL_CUT) };
    const cast = {
      path: BUNDLE.replay(id, 'cast'),
      open: () => capped(castView(viewed(), parts.terminal(target, protocol) ?? nothing), CAST_CUT),
    };
    const har = { path: BUNDLE.replay(id, 'har'), open: () => capped(harView(viewed()), HAR_CUT) };
    const mcp = { path: BUNDLE.replay(id, 'mcp.jsonl'), open: () => capped(mcpView(viewed()), MCP_CUT) };
    if (protocol === 'mcp') return [har, mcp, ...(hasTerminal ? [cast] : [])];
    return [...(isSql ? [sql] : []), ...(HAR.has(protocol) ? [har] : []), ...(hasTerminal ? [cast] : [])];
  });
}

const HAR: ReadonlySet<string> = new Set(['http', 'kubernetes']);
const SQL: ReadonlySet<string> = new Set(['postgres', 'mysql']);
const nothing: TerminalRenderer = () => '';

interface WithheldFile {
  readonly path: string;
  readonly why: Withholding | 'missing';
}

function withheldFiles(parts: BundleParts): readonly WithheldFile[] {
  const why = parts.runKey === undefined ? 'erased' : parts.withholds;
  return parts.manifest.files.flatMap(({ path, tier }): readonly WithheldFile[] => {
    if (tier !== 'restricted') return [];
    if (path.startsWith('bodies/')) return why === undefined ? [] : [{ path, why }];
    return parts.content(path) === undefined ? [{ path, why: parts.runKey === undefined ? 'erased' : 'missing' }] : [];
  });
}

/** Who erased, when and why stands in the log's own entries, and is told here again. */
function withheldJson({ manifest, entries }: BundleParts, files: readonly WithheldFile[]): string {
  const erasures = entries.filter(({ kind }) => kind === 'bodies.erased');
  return canonicalJson({
    v: 1,
    run: manifest.run.id,
    files: files.map(({ path, why }) => ({ path, why })),
    ...(erasures.length === 0
      ? {}
      : { erased: erasures.map(({ index, members }) => ({ ...texts(members), index: String(index) })) }),
  });
}

function texts(members: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function entriesFile(entries: readonly LoggedEntry[]): ArchiveFile {
  const lines = entries.map(({ index, text: entry }) => `${canonicalJson({ entry, index: String(index) })}\n`);
  return text(BUNDLE.entries, lines.join(''));
}

/** As many bytes as the manifest commits to: a file of a live session goes on. */
function contentFile(parts: BundleParts, { path, bytes: size }: ManifestFile): ArchiveFile {
  const [, session] = /^sessions\/(.+)\.jsonl$/u.exec(path) ?? [];
  if (session !== undefined) return onDisk(path, parts.sessionFile(session), Number(size));
  const [, bodies] = /^bodies\/(.+)\.bodies$/u.exec(path) ?? [];
  if (bodies !== undefined) return onDisk(path, bodyPath(parts.paths, bodies), Number(size));
  return made(path, () => parts.content(path) ?? new Uint8Array());
}

function onDisk(path: string, file: string, size: number): ArchiveFile {
  if (size === 0) return bytes(path, new Uint8Array());
  return { path, open: () => createReadStream(file, { end: size - 1, highWaterMark: 256 * 1024 }) };
}

function text(path: string, content: string): ArchiveFile {
  return bytes(path, Buffer.from(content));
}

function bytes(path: string, content: Uint8Array): ArchiveFile {
  return made(path, () => content);
}

function made(path: string, make: () => Uint8Array): ArchiveFile {
  return {
    path,
    async *open() {
      yield await Promise.resolve(make());
    },
  };
}
