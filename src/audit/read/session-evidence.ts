/**
 * What somebody else needs to check one session: its lines, the salted bodies that they commit to, the entry of the log
 * that seals it, the proof that leads from there to the checkpoint, and the checkpoint. It verifies nothing itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { parseEvent } from '../audit-event.ts';
import { type AuditPaths, auditPaths } from '../audit-paths.ts';
import { inclusionProof } from '../log/merkle.ts';
import { subtreeReader } from '../log/tile-log.ts';
import { parseBundle, TILE_WIDTH, tilePath } from '../log/tile-path.ts';
import { LOG_VERIFIER_FILE } from '../log-keys.ts';
import { readLines } from './read-lines.ts';
import { findSession, type ReadOptions, SessionBodies } from './read-session.ts';

export interface SessionEvidence {
  /** C2SP verifier key of the log. */
  readonly verifierKey: string;
  /** The signed note. */
  readonly checkpoint: string;
  /** Absent while the checkpoint covers no entry of this session. */
  readonly entry?: SealingEntry;
  readonly lines: AsyncGenerator<EvidenceLine>;
}

export interface SealingEntry {
  readonly index: number;
  /** Canonical JSON. */
  readonly text: string;
  /** The inclusion path, hex. */
  readonly proof: readonly string[];
}

export interface EvidenceLine {
  /** Without its newline; bytes that are no UTF-8 become U+FFFD, and so the line no longer verifies. */
  readonly line: string;
  /** The salt of 32 bytes and the body, base64. */
  readonly salted?: string;
  readonly missing?: MissingBody;
}

/** Why a body is not there: nobody can open it; it was altered; its file is gone; it is too large; or the caller may not have it. */
export type MissingBody = 'erased' | 'altered' | 'absent' | 'large' | 'forbidden';

export interface EvidenceOptions extends ReadOptions {
  /** False for a caller who may not read recordings. */
  readonly bodies: boolean;
}

/** The evidence of a session; undefined where there is no file of it. What is not durable yet is not in it. */
export function sessionEvidence(directory: string, id: string, options: EvidenceOptions): SessionEvidence | undefined {
  const path = findSession(directory, id);
  if (path === undefined) return undefined;
  const paths = auditPaths(directory);
  return {
    verifierKey: textOf(join(paths.keys, LOG_VERIFIER_FILE)).trimEnd(),
    ...sealed(paths, id),
    lines: evidenceLines(path, new SessionBodies(paths, id, options), options.bodies),
  };
}

/** Tiles of a width are removed once a fuller one was signed: then the checkpoint is a newer one, and is read anew. */
const ATTEMPTS = 3;

function sealed(paths: AuditPaths, id: string): Pick<SessionEvidence, 'checkpoint' | 'entry'> {
  for (let attempt = 1; ; attempt++) {
    const checkpoint = textOf(paths.checkpoint);
    const found = findSeal(paths, id, Number(checkpoint.split('\n')[1]));
    if (found === undefined) return { checkpoint };
    const { index, text, size } = found;
    try {
      return { checkpoint, entry: { index, text, proof: inclusionProof(subtreeReader(paths.log, size), index, size) } };
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      // A damaged log proves nothing, and whoever checks must see that rather than an error.
      if (attempt === ATTEMPTS) return { checkpoint, entry: { index, text, proof: [] } };
    }
  }
}

/** What a file says; nothing where it is missing, which is what whoever checks must find. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function* evidenceLines(path: string, opened: SessionBodies, allowed: boolean): AsyncGenerator<EvidenceLine> {
  using bodies = opened;
  let left = LIMITS.evidenceBodyBytes;
  for await (const lines of readLines(path)) {
    for (const { bytes, ended } of lines) {
      if (!ended) return; // being written, or cut: the log says which
      const line = bytes.toString('utf8');
      const event = parseEvent(bytes);
      if (event?.body === undefined || event.body.lost === true || event.body.stored === '0') yield { line };
      else if (!allowed) yield { line, missing: 'forbidden' };
      else {
        const salted = bodies.readSalted(event, left);
        if (typeof salted === 'string') yield { line, missing: salted };
        else {
          left -= salted.length;
          yield { line, salted: salted.toString('base64') };
        }
      }
    }
  }
}

interface FoundSeal {
  readonly index: number;
  readonly text: string;
  /** Of the log that was looked through. */
  readonly size: number;
}

/** The newest entry under the checkpoint that commits to lines of the session: looked for from the end. */
function findSeal(paths: AuditPaths, id: string, size: number): FoundSeal | undefined {
  if (!Number.isSafeInteger(size)) return undefined;
  const named = Buffer.from(`"session":${JSON.stringify(id)}`);
  for (let bundle = Math.ceil(size / TILE_WIDTH) - 1; bundle >= 0; bundle--) {
    const entries = readBundle(paths, bundle, Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH));
    for (const [at, entry] of [...entries.entries()].toReversed()) {
      if (!entry.includes(named)) continue;
      const text = entry.toString('utf8');
      if (!seals(text, id)) continue;
      return { index: bundle * TILE_WIDTH + at, text, size };
    }
  }
  return undefined;
}

const SEALS: ReadonlySet<unknown> = new Set(['session.open', 'session.head', 'session.close']);

function seals(text: string, id: string): boolean {
  try {
    const entry = JSON.parse(text) as { readonly kind?: unknown; readonly session?: unknown };
    return entry.session === id && SEALS.has(entry.kind);
  } catch {
    return false; // an altered entry seals nothing
  }
}

/** The entries of a bundle under the checkpoint; none where its file is missing or cut, which proves nothing either. */
function readBundle(paths: AuditPaths, bundle: number, width: number): readonly Buffer[] {
  for (const path of [tilePath('entries', bundle, width), tilePath('entries', bundle, TILE_WIDTH)]) {
    const file = join(paths.log, path);
    const entries = existsSync(file) ? parseBundle(readFileSync(file)) : undefined;
    if (entries !== undefined && entries.length >= width) return entries.slice(0, width);
  }
  return [];
}
