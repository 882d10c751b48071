import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpFacts } from '../model/http.ts';
import { askedTarget, httpTargetOf } from './asked-target.ts';
import { askedHttp, httpOperations, recordedHttp } from './http-operations.ts';

const TARGET = httpTargetOf(askedTarget({ name: 'api' }));
const BASED = { ...TARGET, http: { basePath: '/v1', hosts: [], version: 'auto' as const } };

async function facts(text: string): Promise<(Partial<HttpFacts> & { kind: string; access: string }) | undefined> {
  const asked = askedHttp(text);
  if (asked === undefined) return undefined;
  const [operation] = await httpOperations(asked, TARGET);
  assert.ok(operation?.http);
  const { kind, access, http } = operation;
  return { kind, access, path: http.path, query: { ...http.query }, mediaType: http.mediaType, body: http.body };
}

test('a request as text is what the gateway would find in it', async () => {
  assert.deepEqual(await facts('get'), undefined);
  assert.deepEqual(await facts('delete from orders'), undefined);
  assert.deepEqual(await facts('DELETE /orders/%33?now=1'), {
    kind: 'delete',
    access: 'write',
    path: '/orders/3',
    query: { now: ['1'] },
    mediaType: '',
    body: { kind: 'none' },
  });
  const json = { kind: 'fields', value: { item: 'Kettle', n: [1] } };
  const posted = await facts('POST /orders HTTP/1.1\r\nHost: x\r\n\r\n{"item":"Kettle","n":[1]}');
  assert.deepEqual([posted?.mediaType, posted?.body], ['application/json', json]);
  const form = await facts('PUT /orders\nContent-Type: application/x-www-form-urlencoded\n\na=1&a=2');
  assert.deepEqual(form?.body, { kind: 'fields', value: { a: ['1', '2'] } });
  const twice = await facts('POST /orders\n\n{"a":1,"a":2}');
  assert.equal(twice?.body?.kind, 'unknown');
  assert.equal((await facts('GET /a%2fb'))?.access, 'unknown');
});

test('a request on record is read again: without the path of its target, its body known or not', async () => {
  const read = async (text: string) => {
    const asked = recordedHttp(Buffer.from(text), BASED);
    return asked && (await httpOperations(asked, BASED))[0]?.http;
  };
  const whole = await read(
    'POST /v1/orders?a=1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
  assert.deepEqual([whole?.path, whole?.body], ['/orders', { kind: 'fields', value: { a: 1 } }]);
  const streamed = await read('POST /v1/orders HTTP/1.1\r\ncontent-type: application/json\r\n\r\n');
  assert.equal(streamed?.body.kind, 'unknown');
  const bare = await read('POST /v1/orders HTTP/1.1\r\nhost: x\r\n\r\n');
  assert.equal(bare?.body.kind, 'none');
  assert.equal(await read('no request'), undefined);
});

describe('a request to a cluster', () => {
  const cluster = { ...TARGET, protocol: 'kubernetes', kubernetes: { secretResources: [] } };

  test('is read in the words of clusters, as somebody writes it and as it is on record', async () => {
    const asked = askedHttp('DELETE /apis/apps/v1/namespaces/shop/deployments/web') ?? assert.fail('it is no request');
    const [written] = await httpOperations(asked, cluster);
    assert.deepEqual(
      [written?.kind, written?.kubernetes?.resource, written?.kubernetes?.name],
      ['delete', 'deployments', 'web'],
    );
    const line = 'GET /api/v1/pods?watch=1 HTTP/1.1\r\nhost: c\r\nimpersonate-user: chaperone:run\r\n\r\n';
    const recorded = recordedHttp(Buffer.from(line), cluster) ?? assert.fail('it is not on record');
    const [seen] = await httpOperations(recorded, cluster);
    assert.deepEqual([seen?.kind, seen?.access], ['watch', 'read']);
  });
});

test('a request that the document of its target does not declare is what nobody can know', async () => {
  const text = 'openapi: 3.1.0\npaths: { /orders: { get: {} } }';
  const target = {
    ...TARGET,
    http: { basePath: '', hosts: [], version: 'auto' as const, openapi: { text, validate: true } },
  };
  const read = async (line: string) => (await httpOperations(askedHttp(line)!, target))[0];
  assert.equal((await read('GET /orders'))?.kind, 'get');
  const undeclared = await read('DELETE /orders');
  assert.deepEqual([undeclared?.kind, undeclared?.access], ['unknown', 'unknown']);
  assert.match(undeclared?.reason ?? '', /the document declares no such request/);
});

test('fields behind the body of a request on record are fields of it', async () => {
  const text = 'POST /v1/orders HTTP/1.1\r\ncontent-length: 3\r\n\r\nonex-mode: calm\r\n';
  const asked = recordedHttp(Buffer.from(text), BASED);
  assert.equal((await httpOperations(asked!, BASED))[0]?.http?.headers['x-mode'], 'calm');
});
