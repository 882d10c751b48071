import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PERMIT_ALL, type TestGateway } from '../../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../../test/support/http-gateway.ts';
import type { Policy } from '../../../policy/policy.ts';

const RULE = { principals: 'any', targets: 'any', effect: 'permit' } as const;
const GOLD: Policy = { ...RULE, name: 'gold', operations: ['post'], http: { body: { 'customer.tier': ['gold'] } } };
const LOOKS: Policy = { ...RULE, name: 'looks', operations: ['read'], http: { graphql: { fields: ['me', 'shop'] } } };

test('a rule about bodies decides on what is in them, and what is permitted arrives as it was sent', async () => {
  await using server = await digestServer();
  await using gateway = await startHttpGateway({ targets: [httpTarget(server)], policies: [GOLD] });
  const gold = Buffer.from('{"customer":{"tier":"gold"}}');
  const zipped = gzipSync(gold);
  const send = await sender(gateway, '/t/api/orders');
  assert.deepEqual(await send(gold), { status: 200, digest: hash('sha256', gold) });
  const coded = { 'content-encoding': 'gzip' };
  assert.deepEqual(await send(zipped, coded), { status: 200, digest: hash('sha256', zipped) });
  assert.deepEqual(await send(Buffer.from('{"customer":{"tier":"tin"}}')), REFUSED);
  assert.deepEqual(await send(gold, coded), REFUSED);
  const long = Buffer.concat([gold, Buffer.alloc(1024 * 1024, ' ')]);
  assert.deepEqual(await send(long), REFUSED);
  gateway.setPolicies([PERMIT_ALL]);
  assert.deepEqual(await send(long), { status: 200, digest: hash('sha256', long) });
});

test('a GraphQL query passes where a mutation does not, and nor does what nobody can read', async () => {
  await using server = await digestServer();
  const http = { basePath: '', hosts: [], version: 'auto', dialect: 'graphql' } as const;
  await using gateway = await startHttpGateway({ targets: [httpTarget(server, { http })], policies: [LOOKS] });
  const send = await sender(gateway, '/t/api/graphql');
  const ask = async (query: string) => (await send(Buffer.from(JSON.stringify({ query })))).status;
  assert.equal(await ask('query { who: me { name } ...S } fragment S on Query { shop { id } }'), 200);
  assert.equal(await ask('mutation { me: pay(sum: 1) { id } }'), 403);
  assert.equal(await ask('{ me: payments { sum } }'), 403);
  assert.equal(await ask('{ me'), 403);
  assert.equal(await ask('{ me }'), 200);
});

test('what the document of a target does not declare is refused before any rule, and the next request works', async () => {
  await using server = await digestServer();
  const text = `
    openapi: 3.1.0
    paths:
      /orders:
        post:
          requestBody:
            content: { application/json: { schema: { required: [size], properties: { size: { type: integer } } } } }`;
  const http = { basePath: '', hosts: [], version: 'auto', openapi: { text, validate: true } } as const;
  const targets = [httpTarget(server, { http })];
  await using gateway = await startHttpGateway({ targets, policies: [PERMIT_ALL] });
  const send = await sender(gateway, '/t/api/orders');
  const good = Buffer.from('{"size":1}');
  const undeclared = { status: 400, code: 'request-undeclared' };
  assert.deepEqual(await send(good), { status: 200, digest: hash('sha256', good) });
  assert.deepEqual(await send(Buffer.from('{"size":"large"}')), undeclared);
  assert.deepEqual(await send(Buffer.from('{"size":1,"size":"large"}')), undeclared);
  assert.deepEqual(await send(Buffer.concat([good, Buffer.alloc(1024 * 1024, ' ')])), undeclared);
  assert.deepEqual(await (await sender(gateway, '/t/api/others'))(good), undeclared);
  assert.deepEqual(await (await sender(gateway, '/t/api/orders?a=1'))(good), undeclared);
  assert.deepEqual(await send(good, { 'transfer-encoding': 'chunked' }), { status: 200, digest: hash('sha256', good) });
});

const REFUSED = { status: 403, code: 'policy-no-match' };

/** Answers with the digest of what it was sent. */
async function digestServer() {
  const server = createServer((asked, reply) => {
    void buffer(asked).then(
      (bytes) => reply.end(JSON.stringify({ digest: hash('sha256', bytes) })),
      () => reply.destroy(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Sends JSON bodies, each on a connection of its own, and says what came of it. */
async function sender(gateway: TestGateway, path: string) {
  const { user, password } = await gateway.grant();
  const common = { authorization: `Bearer ${user}.${password}`, 'content-type': 'application/json' };
  return (body: Buffer, more: Readonly<Record<string, string>> = {}): Promise<Readonly<Record<string, unknown>>> =>
    new Promise((resolve, reject) => {
      const headers = { ...common, ...more, connection: 'close' };
      const sent = request({ host: '127.0.0.1', port: gateway.port, path, method: 'POST', headers }, (reply) => {
        json(reply).then((told) => {
          const { digest, code } = told as { readonly digest?: string; readonly code?: string };
          resolve({
            status: reply.statusCode,
            ...(digest === undefined ? {} : { digest }),
            ...(code === undefined ? {} : { code }),
          });
        }, reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
}
