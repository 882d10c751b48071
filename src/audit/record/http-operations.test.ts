import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpFacts } from '../../model/http.ts';
import type { Operation } from '../../model/request.ts';
import { operationsMember } from './event-json.ts';

const FACTS: HttpFacts = {
  method: 'GET',
  host: 'api.test',
  path: '/a',
  query: {},
  headers: {},
  mediaType: '',
  body: { kind: 'none' },
};
const asked = (http: Partial<HttpFacts>, operation: Partial<Operation> = {}): readonly Operation[] => [
  {
    kind: 'get',
    access: 'read',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: [],
    http: { ...FACTS, ...http },
    ...operation,
  },
];
const line = (operations: readonly Operation[]): string => Buffer.from(operationsMember(operations)).toString();
const GET =
  '"op":[{"access":"read","flags":[],"functions":[],"hasWhere":true,"http":{"method":"GET"},"kind":"get","tables":[]}],';

test('the lines of requests that differ in address and body alone are made once', () => {
  assert.equal(line(asked({})), GET);
  assert.equal(operationsMember(asked({ path: '/b', query: { a: ['b'] } })), operationsMember(asked({})));
});

test('whatever else a request says stands in its line, seen before or not', () => {
  for (let round = 0; round < 2; round++) {
    assert.equal(line(asked({ operationId: 'getA' })), GET.replace('"GET"', '"GET","operationId":"getA"'));
    assert.equal(line(asked({ action: 'GET' })), GET.replace('{"method"', '{"action":"GET","method"'));
    assert.equal(line(asked({}, { hasWhere: false })), GET.replace('true', 'false'));
    assert.equal(line(asked({}, { flags: ['a', 'b'] })), GET.replace('"flags":[]', '"flags":["a","b"]'));
    assert.equal(line(asked({}, { flags: ['a;b'] })), GET.replace('"flags":[]', '"flags":["a;b"]'));
    assert.equal(
      line(asked({}, { reason: 'x;kind 3 get' })),
      GET.replace('"tables"', '"reason":"x;kind 3 get","tables"'),
    );
    assert.equal(
      line([...asked({}), ...asked({})]),
      GET.replace(/\{.*\}/, (one) => `${one},${one}`),
    );
  }
});
