import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpFacts } from '../model/http.ts';
import type { Operation } from '../model/request.ts';
import { compileHttpPattern, type HttpPattern } from './http-pattern.ts';

const FACTS: HttpFacts = {
  method: 'POST',
  host: 'eu.api.example.com',
  path: '/v1/customers/17',
  query: { limit: ['10'], tag: ['a', 'b'] },
  headers: { accept: 'application/json' },
  mediaType: 'application/json',
  body: { kind: 'unread' },
};

const operation = (http?: HttpFacts): Operation => ({
  kind: 'post',
  access: 'write',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  ...(http === undefined ? {} : { http }),
});

const extent = (pattern: HttpPattern, facts: Partial<HttpFacts> = {}) =>
  compileHttpPattern(pattern)(operation({ ...FACTS, ...facts })).extent;

describe('an http pattern', () => {
  test('covers a request where each of its keys has a value that matches', () => {
    const all: HttpPattern = {
      methods: ['GET', 'POST'],
      hosts: ['*.api.example.com'],
      paths: ['/v1/customers/*'],
      query: { limit: ['10', '20'] },
      headers: { accept: ['application/*'] },
      mediaTypes: ['application/json'],
    };
    assert.equal(extent(all), 'all');
    for (const [key, other] of Object.entries({
      methods: ['post'],
      hosts: ['api.example.com'],
      paths: ['/v1/customers'],
      query: { limit: ['1'] },
      headers: { accept: ['text/html'] },
      mediaTypes: ['application/xml'],
    })) {
      assert.equal(extent({ ...all, [key]: other }), 'none', key);
    }
  });

  test('a star stays within a segment of a path and a label of a host, and two do not', () => {
    assert.equal(extent({ paths: ['/v1/*'] }), 'none');
    assert.equal(extent({ paths: ['/v1/**'] }), 'all');
    assert.equal(extent({ hosts: ['*.example.com'] }), 'none');
    assert.equal(extent({ paths: ['/v1/customers/*'] }, { path: '/v1/customers/17/cards' }), 'none');
  });

  test('of a parameter that is sent twice each value counts: one that matches binds, all of them cover', () => {
    assert.equal(extent({ query: { tag: ['a'] } }), 'some');
    assert.equal(extent({ query: { tag: ['a', 'b'] } }), 'all');
    assert.equal(extent({ query: { tag: ['c'] } }), 'none');
  });

  test('what is not sent matches nothing, names of objects included', () => {
    assert.equal(extent({ query: { missing: ['*'] } }), 'none');
    assert.equal(extent({ headers: { constructor: ['*'] } }), 'none');
    assert.equal(extent({ query: { toString: ['**'] } }), 'none');
  });

  test('an operation that is no request is none of its', () => {
    assert.deepEqual(compileHttpPattern({ methods: ['GET'] })(operation()), {
      extent: 'none',
      why: 'it is no HTTP request',
    });
  });
});
