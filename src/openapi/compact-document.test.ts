import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactDocument } from './compact-document.ts';
import { readDocument } from './read-document.ts';

const LONG = 'x'.repeat(100_000);
const document = (more: object = {}) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'shop', version: '1', description: LONG },
    servers: [{ url: 'https://shop.example/v1' }],
    paths: {
      '/a/{id}': {
        summary: LONG,
        get: { operationId: 'getA', description: LONG, parameters: [], responses: { 200: { description: LONG } } },
      },
      '/b': { $ref: '#/components/pathItems/b' },
      '/c': { $ref: 'elsewhere.yaml' },
    },
    components: { pathItems: { b: { post: { operationId: 'makeB', responses: {} } } } },
    ...more,
  });

test('a long document is left with what is read of it, and says the same', () => {
  const text = document();
  const compact = compactDocument(text);
  assert.equal(
    compact,
    '{"openapi":"3.1.0","info":{"title":"shop","version":"1"},"servers":[{"url":"https://shop.example/v1"}],"paths":{"/a/{id}":{"get":{"operationId":"getA"}},"/b":{"post":{"operationId":"makeB"}},"/c":{"$ref":"elsewhere.yaml"}}}',
  );
  assert.deepEqual(readDocument(compact), readDocument(text));
});

test('one that is short, says classes or cannot be read stays as it is', () => {
  const schema = { 'x-chaperone-class': 'email' };
  for (const text of ['openapi: 3.1.0', document({ 'x-more': schema }), `[${LONG}`, JSON.stringify([LONG])]) {
    assert.equal(compactDocument(text), text);
  }
});
