import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDocument } from './read-document.ts';

const SHOP = `
openapi: 3.1.0
info: { title: shop, version: '1' }
servers:
  - url: https://{region}.shop.example/v1/
    variables: { region: { default: eu } }
paths:
  /customers:
    get: { operationId: listCustomers, responses: { '200': { $ref: '#/components/responses/Customers' } } }
  /customers/{id}:
    servers: [{ url: /v2 }]
    get:
      operationId: getCustomer
      responses:
        '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Customer' } } } }
        '404': { description: none }
    delete: { responses: {} }
  x-internal: {}
components:
  responses:
    Customers:
      content:
        application/json: { schema: { type: object, properties: { items: { type: array, items: { $ref: '#/components/schemas/Customer' } } } } }
  schemas:
    Customer:
      type: object
      properties:
        email: { type: string, x-chaperone-class: email }
        a.b: { type: string, x-chaperone-class: secret }
        address: { allOf: [{ $ref: '#/components/schemas/Address' }] }
        friends: { type: array, items: { $ref: '#/components/schemas/Customer' } }
        tags: { type: object, additionalProperties: { type: string, x-chaperone-class: tag } }
    Address: { properties: { phone: { x-chaperone-class: phone, type: string } } }
`;

function catalogue(text: string) {
  const found = readDocument(text);
  assert.ok('operations' in found, JSON.stringify(found));
  return found;
}

const problems = (text: string) => {
  const found = readDocument(text);
  assert.ok('problems' in found);
  return found.problems.map(({ place, message }) => `${place.join(' ')}: ${message}`);
};

describe('an OpenAPI document', () => {
  test('has operations with their methods, templates, names and the paths of their servers', () => {
    assert.deepEqual(catalogue(SHOP).operations, [
      { method: 'GET', template: '/customers', operationId: 'listCustomers', bases: ['/v1'] },
      { method: 'GET', template: '/customers/{id}', operationId: 'getCustomer', bases: ['/v2'] },
      { method: 'DELETE', template: '/customers/{id}', bases: ['/v2'] },
    ]);
    const json = JSON.stringify({ openapi: '3.0.3', paths: { '/a': { get: { responses: {} } } } });
    assert.deepEqual(catalogue(json).operations, [{ method: 'GET', template: '/a', bases: [] }]);
  });

  test('says the classes of properties of replies, through references, lists, and what contains itself', () => {
    const fields = catalogue(SHOP).classified.map(
      ({ operation, field, class: of }) => `${operation.operationId} ${field} ${of}`,
    );
    assert.deepEqual(fields, [
      'listCustomers items[].email email',
      'listCustomers items[].* secret',
      'listCustomers items[].address.phone phone',
      'listCustomers items[].tags.* tag',
      'listCustomers items[].**.email email',
      'listCustomers items[].**.* secret',
      'listCustomers items[].**.phone phone',
      'listCustomers items[].**.* tag',
      'getCustomer email email',
      'getCustomer * secret',
      'getCustomer address.phone phone',
      'getCustomer tags.* tag',
      'getCustomer **.email email',
      'getCustomer **.* secret',
      'getCustomer **.phone phone',
      'getCustomer **.* tag',
    ]);
  });

  test('is refused with the place where it cannot mean one thing', () => {
    const of = (paths: string) => problems(`{"openapi":"3.0.0","paths":{${paths}}}`);
    assert.match(problems('openapi: [').join(), /^: it cannot be read: /);
    assert.deepEqual(problems('[]'), [': it is no object']);
    assert.deepEqual(problems('swagger: "2.0"'), ['openapi: it has no `openapi`: this takes 3.0 and 3.1']);
    assert.deepEqual(problems('openapi: 4.0.0'), ['openapi: OpenAPI 4.0.0 is not read: this takes 3.0 and 3.1']);
    assert.deepEqual(of('"a":{}'), ['paths a: a path begins with /']);
    assert.deepEqual(of('"/a/{b":{}'), ['paths /a/{b: a brace in it is not closed']);
    assert.deepEqual(of('"/a/{b}":{},"/a/{c}":{}'), ['paths /a/{c}: it is the same path as /a/{b}']);
    assert.deepEqual(of('"/a":{"get":{"operationId":"x"},"put":{"operationId":"x"}}'), [
      'paths /a put operationId: two operations are called x',
    ]);
    assert.deepEqual(of('"/a":{"$ref":"other.yaml#/a"}'), [
      'paths /a: the reference "other.yaml#/a" leads out of the document; bundle it into one file',
    ]);
    assert.deepEqual(of('"/a":{"$ref":"#/paths/~1a"}'), ['paths /a: its references lead in a circle']);
    assert.deepEqual(of('"/a":{"$ref":"#/nothing"}'), ['paths /a: the reference #/nothing leads nowhere']);
    assert.deepEqual(of('"/a":{"servers":[{}],"get":{}}'), ['paths /a get servers: a server has no `url`']);
    const schema = (text: string) =>
      of(`"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":${text}}}}}}}`);
    assert.deepEqual(schema('{"properties":{"x":{"x-chaperone-class":"No!"}}}'), [
      'paths /a get responses 200 content application/json properties x x-chaperone-class: a class is lower case letters, digits, `_` and `-`',
    ]);
    assert.match(schema('{"items":'.repeat(40) + '{}' + '}'.repeat(40)).join(), /too deep, or too many/);
  });
});
