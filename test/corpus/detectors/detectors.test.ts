import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETECTORS } from '../../../src/masking/detectors/detectors.ts';
import { corpusOf, MAKERS, SEEDS } from './corpus.ts';
import { measure } from './measure.ts';

/** The goals for what has a check or a fixed form. */
const FIXED = { precision: 0.98, recall: 0.95 };
/** What goes by the words around it is held to what was measured, less a margin. */
const MEASURED: Readonly<Record<string, { readonly precision: number; readonly recall: number }>> = {
  credential: { precision: 0.97, recall: 0.97 },
  'aws-secret': { precision: 0.97, recall: 0.97 },
};

test('each detector has a corpus', () => {
  assert.deepEqual(Object.keys(MAKERS).toSorted(), DETECTORS.map(({ name }) => name).toSorted());
});

for (const { name } of DETECTORS) {
  for (const seed of SEEDS) {
    test(`${name} is as precise and as complete as is told, on the cases ${seed}`, () => {
      const corpus = corpusOf(name, seed);
      assert.ok(new Set(corpus.positives.map(({ text }) => text)).size >= 200);
      assert.ok(new Set(corpus.negatives.map(({ text }) => text)).size >= 300);
      const { precision, recall, misses, falseAlarms } = measure(name, seed);
      const goal = MEASURED[name] ?? FIXED;
      const told = [...misses, ...falseAlarms].map(
        ({ kind, text, found }) => `${kind}: ${text} → ${found.join(' | ')}`,
      );
      assert.ok(precision >= goal.precision, `precision ${precision}\n${told.join('\n')}`);
      assert.ok(recall >= goal.recall, `recall ${recall}\n${told.join('\n')}`);
    });
  }
}

test('a corpus is the same each time that it is made', () => {
  for (const name of ['card', 'api-key']) assert.deepEqual(corpusOf(name, 'held out'), corpusOf(name, 'held out'));
});
