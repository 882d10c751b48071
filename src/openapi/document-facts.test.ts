import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpFacts, HttpTarget } from '../model/http.ts';
import { documentFacts } from './document-facts.ts';

const TEXT = JSON.stringify({
  openapi: '3.1.0',
  servers: [{ url: 'https://shop.example/v1' }],
  paths: { '/customers/{id}': { get: { operationId: 'getCustomer', responses: {} } } },
});
const FACTS: HttpFacts = {
  method: 'GET',
  host: 'shop.example',
  path: '/customers/17',
  query: {},
  headers: {},
  mediaType: '',
  body: { kind: 'none' },
};
const target = (basePath: string, openapi?: HttpTarget['openapi']): HttpTarget => ({
  basePath,
  hosts: [],
  version: 'auto',
  ...(openapi === undefined ? {} : { openapi }),
});

test("a request bears its document's words, behind what the target and the document put before its path", () => {
  const known = { ...FACTS, template: '/customers/{id}', operationId: 'getCustomer', declared: true };
  assert.equal(documentFacts(undefined, FACTS), FACTS);
  assert.equal(documentFacts(target('/v1'), FACTS), FACTS);
  assert.deepEqual(documentFacts(target('/v1', { text: TEXT }), FACTS), known);
  assert.deepEqual(documentFacts(target('', { text: TEXT }), FACTS), { ...FACTS, declared: false });
  assert.deepEqual(documentFacts(target('', { text: TEXT, base: '' }), FACTS), known);
  assert.deepEqual(documentFacts(target('/v1', { text: TEXT }), { ...FACTS, path: '/Customers/17/' }), {
    ...FACTS,
    path: '/Customers/17/',
    declared: false,
    alike: [{ template: '/customers/{id}', operationId: 'getCustomer' }],
  });
});
