import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findingsFor } from './findings.ts';
import { maskLevel } from './mask-level.ts';

const findings = findingsFor(new Set(['email', 'card', 'private-key']))!;
const BLOCK = 64;

function level(
  text: string,
  from = 0,
  to = text.length,
): { readonly text: string | undefined; readonly counts: string[] } {
  const counts: string[] = [];
  const masked = maskLevel(findings, Buffer.from(text), { from, to }, (detector) => counts.push(detector));
  return { text: masked?.toString(), counts };
}

describe('masks that keep the length', () => {
  it('stretches and cuts what stands for a finding to its own length', () => {
    assert.deepEqual(level('mail ada.lovelace@example.org now'), {
      text: 'mail [redacted**************] now',
      counts: ['email'],
    });
    assert.deepEqual(level('to a@b.example!'), { text: 'to [redacted*]!', counts: ['email'] });
    assert.deepEqual(level('to a@b.test!'), { text: 'to ********!', counts: ['email'] });
  });

  it('leaves clean text as it is', () => {
    assert.deepEqual(level('nothing to see here'), { text: undefined, counts: [] });
  });

  it('gives a finding across a border the same bytes from both sides, and counts it once', () => {
    const text = `${'x'.repeat(BLOCK - 8)} ada.lovelace@example.org ${'y'.repeat(BLOCK)}`;
    const whole = level(text).text;
    const [left, right] = [level(text, 0, BLOCK), level(text, BLOCK)];
    assert.equal(`${left.text}${right.text}`, whole);
    assert.deepEqual([left.counts, right.counts], [['email'], []]);
  });

  it('shows a stretch without findings as it is, whatever stands around it', () => {
    const text = `ada.lovelace@example.org ${'z'.repeat(BLOCK)}`;
    assert.equal(level(text, 30, 60).text, undefined);
  });
});
