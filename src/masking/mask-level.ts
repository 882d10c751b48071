import type { Finding } from './finding.ts';
import type { Findings } from './findings.ts';
import type { CountFinding } from './mask-content.ts';
import { REDACTED } from './mask-text.ts';

/** After a replacement what stood beside it may show itself as another finding; so often at most. */
const MAX_ROUNDS = 4;
const STAR = '*'.charCodeAt(0);
const OPENING = Buffer.from(REDACTED.slice(0, -1));
const CLOSING = Buffer.from(REDACTED.slice(-1));

/**
 * `window[from, to)` with what is found in the whole window replaced by as many bytes as it has, so that nothing behind it
 * moves; undefined where nothing of it changes. The same place comes out the same in every window that holds all that is
 * found there. `count` is told of what begins within.
 */
export function maskLevel(
  findings: Findings,
  window: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  count: CountFinding,
): Buffer | undefined {
  let found = findings.in(window, 0, window.length);
  if (found.length === 0) return undefined;
  const masked = Buffer.from(window);
  for (let round = 0; found.length > 0; round++) {
    for (const { start, detector } of found) if (start >= from && start < to) count(detector);
    if (round === MAX_ROUNDS) return Buffer.alloc(to - from, STAR);
    for (const finding of found) fill(masked, finding);
    found = findings.in(masked, 0, masked.length);
  }
  const level = masked.subarray(from, to);
  return level.equals(window.subarray(from, to)) ? undefined : level;
}

/** `[redacted***]`; of what is too short for that, stars. */
function fill(bytes: Buffer, { start, end }: Finding): void {
  bytes.fill(STAR, start, end);
  if (end - start < OPENING.length + CLOSING.length) return;
  OPENING.copy(bytes, start);
  CLOSING.copy(bytes, end - CLOSING.length);
}
