/** Holds each body against the commitment in its line: SHA-256(0x01 ‖ salt ‖ body). */
import { concat, fromBase64, toHex } from '../../../src/audit/c2sp/bytes.ts';
import type { JsonObject } from './canonical-json.ts';
import type { EvidenceLine } from './evidence.ts';
import { inBatches, sha256 } from './merkle.ts';
import { type Finding, fail, incomplete } from './report.ts';
import type { BodyRef, SessionLines } from './session-lines.ts';

const SALT_BYTES = 32;
const COMMITMENT_PREFIX = Uint8Array.of(1);

export interface BodyCheck {
  readonly findings: readonly Finding[];
  /** Opened, and what was committed to. */
  readonly checked: number;
  /** Of those, kept in part alone: the rest is committed to, and nobody has it. */
  readonly partial: number;
  /** Never kept, or lost to a power cut, and their lines have said so since. */
  readonly notKept: number;
  readonly notGiven: number;
}

type Outcome = 'checked' | 'partial' | 'notKept' | 'notGiven' | { readonly problem: string };

export async function checkBodies(
  walk: SessionLines,
  lines: readonly EvidenceLine[],
  onProgress: (done: number) => void,
): Promise<BodyCheck> {
  const outcomes = await inBatches(walk.bodies, ({ line, body }) => checkBody(body, lines[line]), onProgress);
  const findings = outcomes.flatMap((outcome, i) => {
    const { line } = walk.bodies[i] as BodyRef;
    return typeof outcome === 'object' ? [fail(outcome.problem, walk.place(line))] : [];
  });
  const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length;
  const notGiven = count('notGiven');
  return {
    findings: notGiven === 0 ? findings : [...findings, incomplete(whyNotGiven(walk, lines, notGiven))],
    checked: count('checked') + count('partial'),
    partial: count('partial'),
    notKept: count('notKept'),
    notGiven,
  };
}

async function checkBody(body: JsonObject, given: EvidenceLine | undefined): Promise<Outcome> {
  const { bytes, digest, stored, storedDigest, lost } = body;
  if (lost === true || stored === '0') return 'notKept';
  if (given?.missing === 'altered')
    return { problem: 'The body of this line is not what was recorded: it cannot be opened.' };
  if (given?.salted === undefined) return 'notGiven';
  const salted = fromBase64(given.salted);
  if (salted === undefined || salted.length < SALT_BYTES) return { problem: 'The body of this line cannot be read.' };
  const wanted = stored === undefined ? digest : storedDigest;
  if (toHex(await sha256(concat(COMMITMENT_PREFIX, salted))) !== wanted) {
    return { problem: 'The body of this line is not the one that was recorded.' };
  }
  if (String(salted.length - SALT_BYTES) !== (stored ?? bytes)) {
    return { problem: 'The body of this line has another length than its line says.' };
  }
  return stored === undefined ? 'checked' : 'partial';
}

const REASONS: Readonly<Record<string, string>> = {
  erased: 'the key of this run was deleted, so nobody can open them any more',
  absent: 'their file is missing',
  pending: 'they are being written',
  forbidden: 'your account may not read recordings',
  large: 'they are too large for this page; download the recording and check it with `chaperone verify`',
};

function whyNotGiven(walk: SessionLines, lines: readonly EvidenceLine[], count: number): string {
  const reasons = new Set(
    walk.bodies.flatMap(({ line, body }) => {
      const given = lines[line];
      if (given?.salted !== undefined || body['lost'] === true || body['stored'] === '0') return [];
      return [REASONS[given?.missing ?? ''] ?? 'it does not say why'];
    }),
  );
  const what = count === 1 ? 'One body was not handed out' : `${count} bodies were not handed out`;
  return `${what}, so what they say was not checked. The gateway's reason: ${[...reasons].join('; ')}.`;
}
