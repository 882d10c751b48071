import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import type { Declared } from '../model/declaration.ts';
import { loadItems } from './load-items.ts';

const schema = z.strictObject({ name: z.string(), size: z.int().optional() });
const words = { what: 'box', reference: 'See the page about boxes.' };

function load(...values: readonly unknown[]) {
  const declared = values.map(
    (value, i): Declared => ({ value, file: 'boxes.yaml', line: (path) => i * 10 + path.length }),
  );
  return loadItems(declared, schema, words, ({ name, size = 1 }, at) => {
    if (size > 9) at(['size'], `${name} is too large`, 'Make it smaller.');
    return size < 0 ? undefined : `${name}:${size}`;
  });
}

describe('a list of the configuration', () => {
  test('is what was made of each item that there is something to make of', () => {
    const loaded = load({ name: 'a' }, { name: 'b', size: 2 }, { name: 'c', size: -1 });
    assert.deepEqual(loaded, { items: ['a:1', 'b:2'], problems: [] });
  });

  test('is nothing while one item is wrong, and says of each what is wrong and where', () => {
    const { items, problems } = load('none', { name: 'a', size: 'x' }, { name: 'b', size: 10 }, { name: 'b' });
    assert.deepEqual(items, []);
    assert.deepEqual(problems, [
      {
        file: 'boxes.yaml',
        line: 0,
        message: 'box: Invalid input: expected object, received string',
        advice: 'See the page about boxes.',
      },
      {
        file: 'boxes.yaml',
        line: 11,
        message: 'size: Invalid input: expected number, received string',
        advice: 'See the page about boxes.',
      },
      { file: 'boxes.yaml', line: 21, message: 'b is too large', advice: 'Make it smaller.' },
      {
        file: 'boxes.yaml',
        line: 31,
        message: 'the box b is declared twice',
        advice: 'Give one of them another name.',
      },
    ]);
  });
});
