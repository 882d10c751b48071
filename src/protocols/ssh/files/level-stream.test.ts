import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dice } from '../../../../test/fuzz/mutations.ts';
import { createMaskPlan } from '../../../masking/mask-plan.ts';
import { LevelStream } from './level-stream.ts';

describe('files that are masked as they come', () => {
  it('come out the same however they are cut, and as long as they were', () => {
    const content = Buffer.alloc(200_000, 'words \n');
    for (const at of [0, 65_526, 131_060, 199_970]) content.write(' ada.lovelace@example.org ', at);
    const masks = createMaskPlan(['email'], { classified: [] }, Buffer.alloc(32))?.masker([]).messages;
    const dice = new Dice(3);
    const outcomes = [content.length, 1_000, 65_536, 0].map((step) => {
      const stream = new LevelStream();
      const shown: Buffer[] = [];
      for (let at = 0; at < content.length; ) {
        const end = Math.min(content.length, at + (step === 0 ? 1 + dice.roll(50_000) : step));
        shown.push(Buffer.from(stream.push(content.subarray(at, end), masks, end === content.length)));
        at = end;
      }
      return Buffer.concat(shown);
    });
    const [whole = Buffer.alloc(0), ...others] = outcomes;
    assert.equal(whole.length, content.length);
    assert.equal(whole.includes('lovelace'), false);
    assert.equal(whole.toString().split('[redacted').length - 1, 4);
    for (const other of others) assert.equal(other.equals(whole), true);
  });
});
