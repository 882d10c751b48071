import type { Finding } from './finding.ts';
import { REDACTED } from './mask-text.ts';

const REDACTED_BYTES = Buffer.from(REDACTED);

/** A copy of `bytes[start, end)` in which each finding is replaced and the rest stands as it is. */
export function replaceFindings(bytes: Buffer, start: number, end: number, findings: readonly Finding[]): Buffer {
  const pieces: Uint8Array[] = [];
  let kept = start;
  for (const finding of findings) {
    pieces.push(bytes.subarray(kept, start + finding.start), REDACTED_BYTES);
    kept = start + finding.end;
  }
  pieces.push(bytes.subarray(kept, end));
  return Buffer.concat(pieces);
}
