import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpBodyFacts, HttpFacts, HttpTarget, JsonValue } from '../model/http.ts';
import { documentFacts } from './document-facts.ts';
import { requestProblem } from './request-validation.ts';

const SHOP = (version: string, more = ''): string => `
openapi: ${version}
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, maximum: 100 } }
        - { name: state, in: query, schema: { type: array, items: { enum: [open, done] } } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: filter, in: query, style: deepObject, schema: { type: object } }
        - { name: X-Shop, in: header, required: true, schema: { type: string, pattern: '^[a-z]+$' } }
        - { name: token, in: query, required: true, schema: { type: string } }
  /orders:
    post:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Order' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Order' } }
          image/*: {}
    delete: {}
components:
  schemas:
    Order:
      type: object
      additionalProperties: false
      required: [id, items]
      properties:
        id: { type: integer, readOnly: true }
        items: { type: array, items: { $ref: '#/components/schemas/Item' } }
        note: { ${version.startsWith('3.0') ? 'type: string, nullable: true' : 'type: [string, "null"]'} }
        count: { type: number${more} }
        extra: { type: object, additionalProperties: { type: integer } }
    Item: { type: object, required: [price], properties: { price: { type: number }, of: { $ref: '#/components/schemas/Item' } } }
`;

/** What is wrong with `METHOD /path?query`; nothing is `undefined`. */
function problem(
  line: string,
  { body, headers = {}, type = 'application/json', text = SHOP('3.1.0') }: Sent = {},
): string | undefined {
  const [method = '', address = ''] = line.split(' ');
  const url = new URL(address, 'http://shop');
  const query: Record<string, string[]> = {};
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
  const sent: HttpBodyFacts =
    body === undefined
      ? { kind: 'none' }
      : typeof body === 'object' && body !== null && 'kind' in body
        ? (body as HttpBodyFacts)
        : { kind: 'fields', value: body };
  const http: HttpTarget = { basePath: '/v1', hosts: [], version: 'auto', openapi: { text, validate: true } };
  const facts: HttpFacts = {
    method,
    host: 'shop',
    path: url.pathname,
    query,
    headers,
    mediaType: body === undefined ? '' : type,
    body: sent,
  };
  return requestProblem(http, documentFacts(http, facts), (place, name) => place === 'query' && name === 'token');
}

interface Sent {
  readonly body?: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly text?: string;
}

const SHOWN = { headers: { 'x-shop': 'eu' } };
const UNDECLARED = 'the document declares no such request';

describe('a request held against its document', () => {
  test('is declared by method and path, or is none', () => {
    assert.equal(problem('GET /orders/7', SHOWN), undefined);
    assert.equal(problem('HEAD /orders/7', SHOWN), undefined);
    for (const line of ['PATCH /orders/7', 'GET /customers', 'GET /Orders/7', 'GET /orders/7/x']) {
      assert.equal(problem(line, SHOWN), UNDECLARED, line);
    }
  });

  const parameters: readonly (readonly [string, string | undefined])[] = [
    ['/orders/x', 'path parameter id must be integer'],
    ['/orders/0', 'path parameter id must be >= 1'],
    ['/orders/7?limit=10&state=open&state=done&ids=1,2&filter[a]=b', undefined],
    ['/orders/7?limit=ten', 'query parameter limit must be integer'],
    ['/orders/7?limit=1000', 'query parameter limit must be <= 100'],
    ['/orders/7?limit=1&limit=2', 'query parameter limit must be integer'],
    ['/orders/7?state=open', undefined],
    ['/orders/7?state=lost', 'query parameter state[0] must be equal to one of the allowed values: ["open","done"]'],
    ['/orders/7?ids=1,b', 'query parameter ids[1] must be integer'],
    [
      '/orders/7?secret%20name[=1',
      'its query has a parameter that the document does not declare; it declares limit, state, ids, filter, token',
    ],
  ];
  for (const [line, wanted] of parameters) {
    test(`${line}: ${wanted ?? 'is what it says'}`, () => assert.equal(problem(`GET ${line}`, SHOWN), wanted));
  }

  test('has the headers that it needs', () => {
    assert.equal(problem('GET /orders/7'), 'it has no header parameter x-shop');
    assert.equal(
      problem('GET /orders/7', { headers: { 'x-shop': 'E1' } }),
      'header parameter x-shop must match pattern "^[a-z]+$"',
    );
  });

  const bodies: readonly (readonly [JsonValue, string | undefined])[] = [
    [{ items: [{ price: 1 }] }, undefined],
    [{ items: [{ price: 1, of: { price: 'x' } }] }, 'body.items[0].of.price must be number'],
    [{ items: [], note: null }, undefined],
    [{}, "body must have required property 'items'"],
    [{ items: [], admin: true }, 'body must NOT have additional properties'],
    [{ items: [], extra: { 'ada@example.com': 'x' } }, 'body.extra.* must be integer'],
    [[], 'body must be object'],
  ];
  for (const [body, wanted] of bodies) {
    for (const version of ['3.0.3', '3.1.0']) {
      test(`${version}: ${JSON.stringify(body)}: ${wanted ?? 'is what it says'}`, () => {
        assert.equal(problem('POST /orders', { body, text: SHOP(version) }), wanted);
      });
    }
  }

  test('has a body of a declared type, where one is declared', () => {
    assert.equal(problem('POST /orders'), 'it has no body, and needs one');
    assert.equal(problem('DELETE /orders', { body: {} }), 'it has a body, and the document declares none');
    assert.equal(
      problem('POST /orders', { body: 'x', type: 'text/plain' }),
      'its body must be of the type application/json or application/x-www-form-urlencoded or image/*',
    );
    assert.equal(problem('POST /orders', { body: { kind: 'unread' }, type: 'image/png' }), undefined);
    assert.equal(
      problem('POST /orders', { body: { kind: 'unknown', why: 'it is no JSON' } }),
      'its body cannot be checked: it is no JSON',
    );
    const form = { type: 'application/x-www-form-urlencoded' };
    assert.equal(problem('POST /orders', { ...form, body: { items: [], count: '3' } }), undefined);
    assert.equal(problem('POST /orders', { ...form, body: { items: [], count: 'x' } }), 'body.count must be number');
  });

  test('is held to bounds as 3.0 wrote them', () => {
    const text = SHOP('3.0.3', ', minimum: 0, exclusiveMinimum: true');
    assert.equal(problem('POST /orders', { body: { items: [], count: 0 }, text }), 'body.count must be > 0');
    assert.equal(problem('POST /orders', { body: { items: [], count: 1 }, text }), undefined);
  });

  test('does not stop the gateway by a pattern that takes for ever, and is refused by it', () => {
    const text = SHOP('3.1.0').replace('^[a-z]+$', () => '^(a+)+$');
    const started = performance.now();
    const headers = { 'x-shop': `${'a'.repeat(60)}!` };
    assert.match(problem('GET /orders/7', { headers, text }) ?? '', /must match pattern/);
    assert.ok(performance.now() - started < 30_000);
  });

  test('is refused where a schema cannot be read, and not looked at where the target does not ask', () => {
    const text = SHOP('3.1.0').replace('#/components/schemas/Item', '#/components/schemas/Lost');
    assert.equal(
      problem('POST /orders', { body: {}, text }),
      'what the document says of such a request cannot be read',
    );
    const http: HttpTarget = { basePath: '', hosts: [], version: 'auto', openapi: { text } };
    const facts = { method: 'PUT', host: '', path: '/', query: {}, headers: {}, mediaType: '', body: { kind: 'none' } };
    assert.equal(
      requestProblem(http, facts as HttpFacts, () => false),
      undefined,
    );
  });
});
