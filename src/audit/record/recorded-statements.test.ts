import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedStatements } from './recorded-statements.ts';

const read = (text: string, media: string) => recordedStatements(Buffer.from(text), media);

test('a text is one statement, whatever it looks like', () => {
  assert.deepEqual(read('[{"text":"x"}]', 'application/sql'), [{ text: '[{"text":"x"}]', parameters: [] }]);
});

test('a batch is its statements with their parameters, those without a text left out', () => {
  const batch = JSON.stringify([
    { text: 'select $1, $2', parameters: ['a', null] },
    { text: 'select 1' },
    { again: true },
    { text: 'select $1', parameters: [{ binary: 'AAE=' }] },
  ]);
  assert.deepEqual(read(batch, 'application/json'), [
    { text: 'select $1, $2', parameters: ['a', null] },
    { text: 'select 1', parameters: [] },
    { text: 'select $1', parameters: ['{"binary":"AAE="}'] },
  ]);
});

test('what is no batch is shown whole, so that nothing of it is hidden', () => {
  for (const text of ['{"text":"x"}', '[1]', '[{"text":1}]', '[{"text":"x","parameters":"y"}]', '[{"text":"cut']) {
    assert.deepEqual(read(text, 'application/json'), [{ text, parameters: [] }]);
  }
});
