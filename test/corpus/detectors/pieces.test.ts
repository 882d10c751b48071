import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETECTORS } from '../../../src/masking/detectors/detectors.ts';
import { Findings } from '../../../src/masking/findings.ts';
import { createMaskPlan } from '../../../src/masking/mask-plan.ts';
import { StreamMasker } from '../../../src/masking/stream-masker.ts';
import { corpusOf } from './corpus.ts';
import { SURROUNDINGS } from './surroundings.ts';

const ALL = new Findings(DETECTORS);
/** Two cases in each surrounding. */
const CASES = SURROUNDINGS.length * 2;

/** What a stream makes of the text when it comes in pieces of that size. */
function streamed(text: Buffer, size: number): string {
  const masker = new StreamMasker(ALL);
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(Buffer.from(masker.push(text.subarray(at, at + size))));
  pieces.push(masker.flush());
  return Buffer.concat(pieces).toString();
}

for (const { name } of DETECTORS) {
  const positives = corpusOf(name, 'held out').positives.filter(({ column }) => column === undefined);

  test(`${name}: a stream masks the same, whatever the pieces it comes in`, () => {
    for (const { text } of positives.slice(0, CASES)) {
      const bytes = Buffer.from(`before\n${text}\nafter\n`);
      const whole = streamed(bytes, bytes.length);
      for (const size of [1, 2, 3, 7, 64]) assert.equal(streamed(bytes, size), whole, text);
    }
  });

  test(`${name}: nothing of what was to be found is left in a stream that comes byte by byte`, () => {
    for (const { text, expected } of positives.slice(0, CASES)) {
      const masked = streamed(Buffer.from(`before\n${text}\nafter\n`), 1);
      for (const secret of expected) assert.ok(!masked.includes(secret), `${secret} in ${masked}`);
    }
  });

  test(`${name}: a field is masked wherever it stands in the rows that are scanned together`, () => {
    const plan = createMaskPlan([name], { classified: [] }, Buffer.alloc(32));
    assert.ok(plan);
    const masker = plan.masker([]);
    masker.columns([{ name: 'c', sources: [], plain: true, type: 'text', format: 'text' }]);
    for (const { text } of positives.slice(0, CASES)) {
      const field = Buffer.from(text);
      for (const padding of [0, 1, 255, 256, 4_000]) {
        const length = Buffer.alloc(4);
        length.writeInt32BE(field.length);
        const wire = Buffer.concat([Buffer.alloc(padding, 'x'), Buffer.from([0, 1]), length, field, Buffer.from('D')]);
        const at = padding + 6;
        assert.equal(masker.passes(wire, 'rows'), false, `${text} behind ${padding} bytes`);
        assert.ok(masker.field(0, wire, at, at + field.length), text);
      }
    }
  });
}
