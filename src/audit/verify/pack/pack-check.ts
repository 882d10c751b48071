/** What the steps of verifying a pack share. */
import { isCanonical } from '../../canonical-json.ts';
import { PACK, type PackManifest } from '../../pack/pack.ts';
import { MAX_WHOLE_BYTES } from '../bundle/bundle-check.ts';
import type { Engine } from '../bundle/engine.ts';
import type { Trust } from '../bundle/trust.ts';
import { type Archive, type ArchiveFile, pieces, readText } from '../bundle/zip-archive.ts';
import type { PackReportWriter } from './pack-report.ts';

export interface PackCheck {
  readonly engine: Engine;
  readonly trust: Trust;
  /** The verifier's own time, milliseconds since 1970. */
  readonly nowMs: number;
  readonly archive: Archive;
  readonly report: PackReportWriter;
  readonly manifest: PackManifest;
  readonly signal: AbortSignal | undefined;
}

/** The text of a file that is read as a whole; undefined where it is missing, too large, or no text. */
export async function packText(archive: Archive, path: string): Promise<string | undefined> {
  const file = archive.get(path);
  return file === undefined ? undefined : await readText(file, MAX_WHOLE_BYTES);
}

/** A file in canonical JSON, ended by a newline; undefined where it is not. What is in it is for the caller to look at. */
export async function packJson(archive: Archive, path: string): Promise<Record<string, unknown> | undefined> {
  const text = await packText(archive, path);
  if (text === undefined || !text.endsWith('\n') || !isCanonical(text.slice(0, -1))) return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

const MAX_LINE_CHARACTERS = 1024 * 1024;

/** The lines of a file, without their newlines. Throws where one is not ended, is too long, or is no UTF-8. */
export async function* linesIn(file: ArchiveFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const piece of pieces(file)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error(`a line of ${file.path} is too long`);
    yield* lines;
  }
  if (rest + decoder.decode() !== '') throw new Error(`the last line of ${file.path} is cut`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;

/** Reads `pack.json`; a text of what is wrong with it. */
export async function readManifest(archive: Archive): Promise<PackManifest | string> {
  const value = await packJson(archive, PACK.manifest);
  if (value === undefined) return 'the list of its files is missing, or not in canonical JSON';
  const manifest = value as unknown as PackManifest;
  const { v, kind, origin, span, control, sample, heartbeatMs, files } = manifest;
  if (v !== 1 || kind !== 'auditors-pack') return 'this is no pack of version 1';
  const { from, to } = (span ?? {}) as { readonly from?: unknown; readonly to?: unknown };
  const isSpan = [from, to].every((time) => typeof time === 'string' && TIME.test(time)) && span.from < span.to;
  const isCounted = [sample, heartbeatMs].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (typeof origin !== 'string' || typeof control !== 'string' || !isSpan || !isCounted || !Array.isArray(files)) {
    return 'the list of its files does not say what the pack is of';
  }
  const isListed = (files as readonly unknown[]).every((one) => {
    const { path, bytes, sha256 } = (one ?? {}) as Record<string, unknown>;
    return [path, bytes, sha256].every((word) => typeof word === 'string');
  });
  return isListed ? manifest : 'the list of its files is malformed';
}

/** Hex digests in a list; undefined where it is something else. */
export function hashesIn(value: unknown, most: number): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const hashes = value as readonly unknown[];
  return hashes.every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/u.test(hash))
    ? (hashes as readonly string[])
    : undefined;
}
