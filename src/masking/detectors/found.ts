import assert from 'node:assert/strict';
import { type Finding, joinFindings } from '../finding.ts';
import { Findings } from '../findings.ts';
import type { Detector } from './detector.ts';

/**
 * For tests: what a detector finds in a text, asserting on the way that its triggers let it (what it finds when it is
 * asked directly is what is found behind the scanner).
 */
export function found(detector: Detector, text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const latin1 = bytes.toString('latin1');
  const direct: Finding[] = [];
  detector.find(latin1, (start, end) => direct.push({ start, end, detector: detector.name }));
  const behind = findingsOf(detector).in(bytes, 0, bytes.length);
  assert.deepEqual(behind, joinFindings(direct), `the triggers of ${detector.name} hide what it finds in ${text}`);
  return behind.map(({ start, end }) => bytes.toString('utf8', start, end));
}

/** Each text is found whole between words, in quotes, at both ends, and beside punctuation. */
export function assertFindsEach(detector: Detector, texts: readonly string[]): void {
  for (const text of texts) {
    for (const around of [text, `see ${text} there`, `"${text}"`, `(${text})`, `x: ${text}, y`, `${text}\n`]) {
      assert.deepEqual(found(detector, around), [text], around);
    }
    assertSeenFramed(detector, text);
  }
}

export function assertFindsNothing(detector: Detector, texts: readonly string[]): void {
  for (const text of texts) assert.deepEqual(found(detector, text), [], text);
}

/** A field's first byte comes after its length, whose last byte may be a letter or a digit. */
function assertSeenFramed(detector: Detector, text: string): void {
  const wire = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from(text)]);
  for (let length = 0; length < 256; length++) {
    wire[3] = length;
    assert.ok(findingsOf(detector).suspects(wire, 0, wire.length), `${text} after a length that ends in ${length}`);
  }
}

const kept = new WeakMap<Detector, Findings>();

function findingsOf(detector: Detector): Findings {
  const findings = kept.get(detector) ?? new Findings([detector]);
  kept.set(detector, findings);
  return findings;
}
