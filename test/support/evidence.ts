/** What a browser gets of a session and of the log, read straight from a directory as the API reads it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EvidenceLine, type SealingEntry, sessionEvidence } from '../../src/audit/read/session-evidence.ts';
import type { TileFetch } from '../../web/src/verify/tiles.ts';

export interface GatheredEvidence {
  readonly verifierKey: string;
  readonly checkpoint: string;
  readonly entry?: SealingEntry;
  readonly lines: readonly EvidenceLine[];
}

/** The evidence as it arrives, through JSON. */
export async function gatherEvidence(directory: string, session: string, bodies = true): Promise<GatheredEvidence> {
  const evidence = sessionEvidence(directory, session, { bodies });
  if (evidence === undefined) throw new Error(`there is no session ${session}`);
  const lines: EvidenceLine[] = [];
  for await (const line of evidence.lines) lines.push(line);
  return JSON.parse(JSON.stringify({ ...evidence, lines })) as GatheredEvidence;
}

export function tilesOf(directory: string): TileFetch {
  return (path) => {
    const file = join(directory, 'log', path);
    return Promise.resolve(existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined);
  };
}
