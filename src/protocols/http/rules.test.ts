import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { parsePolicies } from '../../policy/parse-policies.ts';
import { loadTargets } from '../../targets/load-targets.ts';

const RULES = `
policies:
  - { name: read, principals: any, targets: any, operations: [read], effect: permit }
  - { name: no admin, principals: any, targets: any, operations: [any], http: { paths: ["/admin/**"] }, effect: deny }
  - name: small orders
    principals: any
    targets: any
    operations: [post]
    http: { paths: ["/orders"], body: { size: [small] } }
    effect: permit
`;

test('rules decide on the normal path, however it was written, and on fields of bodies, however they came', async () => {
  const seen: string[] = [];
  const server = createServer((request, reply) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => reply.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { policies, problems } = parsePolicies([{ path: 'rules.yaml', text: RULES }]);
    assert.deepEqual(problems, []);
    const place = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    await using gateway = await startHttpGateway({ targets: [httpTarget(place)], policies });
    const { user, password } = await gateway.grant();
    const ask = async (path: string, body?: string | ReadableStream, type = 'application/json') => {
      const headers = { authorization: `Bearer ${user}.${password}`, 'content-type': type };
      const how = body === undefined ? {} : { method: 'POST', body, duplex: 'half' as const };
      const reply = await fetch(`http://127.0.0.1:${gateway.port}/t/api${path}`, { headers, ...how });
      await reply.arrayBuffer();
      return reply.status;
    };
    assert.equal(await ask('/customers'), 200);
    for (const path of ['/admin/x', '/%61dmin/x', '/a/%2e%2e/admin/x', '/./admin/x']) {
      assert.equal(await ask(path), 403, path);
    }
    assert.equal(await ask('/admin%2fx'), 400);
    const streamed = (text: string) => new Blob([text]).stream();
    assert.equal(await ask('/orders', '{"size":"small"}'), 200);
    assert.equal(await ask('/orders', streamed('{"size":"small"}')), 200);
    assert.equal(await ask('/orders', 'size=small', 'application/x-www-form-urlencoded'), 200);
    for (const body of ['{"size":"large"}', '{"size":"small","size":"large"}', '{"size":', '{}', '']) {
      assert.equal(await ask('/orders', body), 403, body);
    }
    assert.equal(await ask('/orders', streamed(`{"size":"small","rest":"${'x'.repeat(1_100_000)}"}`)), 403);
    assert.deepEqual(seen, ['GET /customers', 'POST /orders', 'POST /orders', 'POST /orders']);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const DOCUMENT = `
openapi: 3.1.0
servers: [{ url: https://shop.example/v1 }]
paths:
  /customers/{id}: { get: { operationId: getCustomer, responses: {} }, delete: { operationId: dropCustomer, responses: {} } }
  /orders: { post: { operationId: order, responses: {} } }
`;
const BY_NAME = `
policies:
  - { name: look, principals: any, targets: any, operations: [read], http: { operations: [getCustomer] }, effect: permit }
  - { name: order, principals: any, targets: any, operations: [any], when: operation.http.operationId == "order", effect: permit }
  - { name: undocumented, principals: any, targets: any, operations: [read], http: { paths: ["/open/**"] }, effect: permit }
  - { name: not all, principals: any, targets: any, http: { paths: ["/open/closed"], declared: false }, effect: deny }
`;

test("rules decide by the names that the target's document gives, behind the paths of its servers", async () => {
  const server = createServer((_, reply) => reply.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { policies, problems } = parsePolicies([{ path: 'rules.yaml', text: BY_NAME }]);
    assert.deepEqual(problems, []);
    const place = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const http = { basePath: '/v1', hosts: [], version: 'auto', openapi: { text: DOCUMENT } } as const;
    await using gateway = await startHttpGateway({ targets: [httpTarget(place, { http })], policies });
    const { user, password } = await gateway.grant();
    const ask = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${user}.${password}` };
      const reply = await fetch(`http://127.0.0.1:${gateway.port}/t/api${path}`, { method, headers });
      await reply.arrayBuffer();
      return reply.status;
    };
    assert.equal(await ask('GET', '/customers/17'), 200);
    assert.equal(await ask('HEAD', '/customers/17'), 200);
    assert.equal(await ask('POST', '/orders'), 200);
    assert.equal(await ask('GET', '/open/door'), 200);
    const refused = [
      'DELETE /customers/17',
      'GET /customers',
      'GET /Customers/17',
      'POST /orders/',
      'GET /open/closed',
    ];
    for (const line of refused) {
      const [method = '', path = ''] = line.split(' ');
      assert.equal(await ask(method, path), 403, line);
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const CLASSIFIED = `
openapi: 3.1.0
paths:
  /customers:
    get:
      operationId: listCustomers
      responses:
        '200': { content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Customer' } } } } }
  /others: { get: { operationId: others, responses: {} } }
components:
  schemas:
    Customer: { type: object, properties: { id: { type: integer }, contact: { type: string, x-chaperone-class: contact } } }
`;
const MASKED = `
policies:
  - { name: look, principals: any, targets: any, operations: [read], effect: permit, mask: [contact] }
`;

test("fields that the target's document gives a class are masked in the replies of their operation, and nowhere else", async () => {
  const reply = JSON.stringify([{ id: 1, contact: 'ask for Ada' }]);
  const server = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(reply));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { policies, problems } = parsePolicies([{ path: 'rules.yaml', text: MASKED }]);
    assert.deepEqual(problems, []);
    const { port } = server.address() as AddressInfo;
    const declared = { name: 'api', protocol: 'http', url: `http://127.0.0.1:${port}`, credential: { none: true } };
    const value = { ...declared, http: { openapi: { text: CLASSIFIED } } };
    const [item] = loadTargets([{ value, file: 'x', line: () => 1 }], ['http']).items;
    assert.ok(item);
    const credential = { user: '', http: { kind: 'none' } } as const;
    await using gateway = await startHttpGateway({ targets: [{ ...item.target, credential }], policies });
    const { user, password } = await gateway.grant();
    const ask = async (path: string) => {
      const headers = { authorization: `Bearer ${user}.${password}` };
      return await (await fetch(`http://127.0.0.1:${gateway.port}/t/api${path}`, { headers })).text();
    };
    assert.equal(await ask('/others'), reply);
    const masked = await ask('/customers');
    assert.equal(masked.includes('Ada'), false, masked);
    assert.match(masked, /^\[\{"id":1,"contact":".+"\}\]$/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
