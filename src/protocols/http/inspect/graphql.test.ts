import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { targetNamed } from '../../../../test/support/subjects.ts';
import type { HttpFacts, HttpTarget } from '../../../model/http.ts';
import type { Operation } from '../../../model/request.ts';
import { compileHttpPattern, type HttpPattern } from '../../../policy/http-pattern.ts';
import type { AskedHead } from '../inspector.ts';
import { createBodyInspector } from './body-inspector.ts';

const TARGET = {
  ...targetNamed('api'),
  protocol: 'http',
  http: { basePath: '', hosts: [], version: 'auto', dialect: 'graphql' },
} as const;

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly basePath?: string;
  readonly query?: HttpFacts['query'];
  readonly type?: string;
  readonly codings?: readonly string[];
  readonly upgrade?: string;
  readonly http?: Partial<HttpTarget>;
  readonly body?: string | Buffer;
}

const inspector = createBodyInspector({ asksForBody: () => false });

async function operationsOf(sent: Sent): Promise<readonly Operation[]> {
  const { method = 'POST', path = '/graphql', query = {}, type = 'application/json', body, upgrade } = sent;
  const contentType = body === undefined ? '' : type;
  const head: AskedHead = {
    target: { ...TARGET, http: { ...TARGET.http, basePath: sent.basePath ?? '', ...sent.http } },
    facts: {
      method,
      host: 'api',
      path,
      query,
      headers: {
        ...(contentType !== '' && { 'content-type': contentType }),
        ...(sent.codings && { 'content-encoding': sent.codings.join(', ') }),
      },
      mediaType: contentType,
      body: { kind: body === undefined ? 'none' : 'unread' },
    },
    codings: sent.codings ?? [],
    contentType,
    ...(upgrade === undefined ? {} : { upgrade }),
  };
  const read = body === undefined ? undefined : { bytes: Buffer.from(body), complete: true };
  return (await inspector.inspect(head, read)).operations;
}

async function operationOf(sent: Sent): Promise<Operation> {
  const [first, ...others] = await operationsOf(sent);
  assert.ok(first !== undefined && others.length === 0);
  return first;
}

const post = (query: string, more: Readonly<Record<string, unknown>> = {}) =>
  operationOf({ body: JSON.stringify({ query, ...more }) });

/** What it is taken for, in short. */
function told({ access, flags, reason, http }: Operation): string {
  const { type, name, fields } = http?.graphql ?? { type: '-', name: '-', fields: [] };
  return [access, type, name, fields.join(), ...flags, reason].filter((part) => part !== undefined).join(' ');
}

describe('a GraphQL request', () => {
  test('does what the type of its operation says, and not what its method does', async () => {
    assert.equal(told(await post('query Who { me { name } }')), 'read query Who me');
    assert.equal(told(await post('mutation { pay(sum: 1) { id } }')), 'write mutation  pay');
    assert.equal(told(await post('subscription S { paid { id } }')), 'read subscription S paid subscription');
    const get = (query: string) => operationOf({ method: 'GET', query: { query: [query] } });
    assert.equal(told(await get('{ me }')), 'read query  me');
    assert.equal(told(await get('mutation { pay }')), 'write mutation  pay');
    assert.equal((await post('{ me }')).kind, 'post');
  });

  test('asks for its root fields by their own names, through aliases, fragments and conditions', async () => {
    const document = `
      query A { safe: deleteAll ...F ... on Query @include(if: false) { b { inner } } b }
      fragment F on Query { c ...G }
      fragment G on Query { d ...F }
    `;
    assert.equal(told(await post(document)), 'read query A deleteAll,b,c,d');
  });

  test('runs the operation that it names', async () => {
    const document = 'query A { a } mutation B { b }';
    assert.equal(told(await post(document, { operationName: 'B' })), 'write mutation B b');
    assert.equal(told(await post(document, { operationName: 'A', variables: {} })), 'read query A a');
    const which = 'unknown - -  its document does not say which operation runs';
    assert.equal(told(await post(document)), which);
    assert.equal(told(await post(document, { operationName: 'C' })), which);
    assert.equal(told(await post('{ a }', { operationName: 'C' })), which);
  });

  test('is read through content codings, and below a base path', async () => {
    const body = gzipSync('{"query":"{ me }"}');
    assert.equal(told(await operationOf({ body, codings: ['gzip'] })), 'read query  me');
    const atRoot = await operationOf({ body: '{"query":"{ me }"}', basePath: '/v1/graphql', path: '/' });
    assert.equal(told(atRoot), 'read query  me');
  });

  test('tells whether an alias gives a field another name, at whatever depth', async () => {
    const renames = async (query: string) => (await post(query)).http?.graphql?.renames;
    assert.equal(await renames('{ me { email } }'), undefined);
    assert.equal(await renames('{ x: me { email } }'), true);
    assert.equal(await renames('{ me { ... on User { x: email } } }'), true);
    assert.equal(await renames('{ me { ...F } } fragment F on User { friends { x: email } }'), true);
  });

  test('that cannot be read is unknown, and says why', async () => {
    const persisted = 'it names a document that stands elsewhere, or says more than GraphQL has';
    const apq = { extensions: { persistedQuery: { sha256Hash: 'ab' } } };
    const cases: readonly (readonly [sent: Sent, why: string])[] = [
      [{ body: '{"query":"{ me "}' }, 'its document is no GraphQL, or too long'],
      [{ body: JSON.stringify({ query: `{ ${'a '.repeat(10_000)}}` }) }, 'its document is no GraphQL, or too long'],
      [
        { body: JSON.stringify({ query: '{a'.repeat(4_990) + '}'.repeat(4_990) }) },
        'its document is no GraphQL, or too long',
      ],
      [{ body: '{"query":"{ ...F }"}' }, 'its document names a fragment that it does not define'],
      [{ body: '{"query":"type A { b: Int }"}' }, 'its document defines types'],
      [{ body: '{"query":"{...F} fragment F on Q {a} fragment F on Q {b}"}' }, 'its document defines a fragment twice'],
      [{ body: '[]' }, 'it is a batch of none, or of more than 50'],
      [{ body: `[${'{"query":"{ me }"},'.repeat(50)}{}]` }, 'it is a batch of none, or of more than 50'],
      [{ body: JSON.stringify(apq) }, persisted],
      [{ body: JSON.stringify({ query: '{ me }', ...apq }) }, persisted],
      [{ body: '{"documentId":"1"}' }, persisted],
      [{ body: '{"query":"{ me }","Query":"mutation { pay }"}' }, persisted],
      [{ body: '{"query":"{ me }","query":"mutation { pay }"}' }, 'a member name in it occurs twice'],
      [
        { body: '{"query":"{ me }"}', query: { query: ['mutation { pay }'] } },
        'its address has parameters of GraphQL, too',
      ],
      [{ body: '{ me }', type: 'application/graphql' }, 'its body is not JSON'],
      [{ method: 'POST' }, 'its body is not JSON'],
      [{ method: 'PUT', body: '{"query":"{ me }"}' }, 'its method is none of GraphQL'],
      [{ method: 'GET', query: { query: ['{ me }', 'mutation { pay }'] } }, 'a parameter of it is there twice'],
      [{ method: 'GET', query: { extensions: ['{}'] } }, persisted],
      [{ method: 'GET', body: '{}' }, 'it has a body, and its method has none'],
      [{ method: 'GET', upgrade: 'websocket' }, 'what is asked over a WebSocket is not read as GraphQL'],
    ];
    for (const [sent, why] of cases) {
      assert.equal(told(await operationOf(sent)), `unknown - -  ${why}`, JSON.stringify(sent).slice(0, 200));
    }
  });

  test('at another path is what its method says, unless it has a document', async () => {
    assert.equal(told(await operationOf({ path: '/v3/search', body: '{"query":"customers"}' })), 'write - - ');
    assert.equal(told(await operationOf({ method: 'GET', path: '/v3/users' })), 'read - - ');
    const why = 'unknown - -  it has a GraphQL document, and its path is not the one for them';
    assert.equal(told(await operationOf({ path: '/repos', body: '{"query":"{ me }","private":false}' })), why);
    assert.equal(told(await operationOf({ path: '/repos', body: '[{"query":"mutation { pay }"}]' })), why);
    assert.equal(told(await operationOf({ method: 'GET', path: '/x', query: { query: ['{ me }'] } })), why);
  });

  test('of several documents is an operation for each, and what one of them hides is unknown', async () => {
    const batch = [{ query: '{ me }' }, { query: 'mutation { pay }' }, { documentId: '1' }, 7];
    const found = await operationsOf({ body: JSON.stringify(batch) });
    assert.deepEqual(found.map(told), [
      'read query  me',
      'write mutation  pay',
      'unknown - -  it names a document that stands elsewhere, or says more than GraphQL has',
      'unknown - -  its body is not a GraphQL request',
    ]);
  });

  test('is taken at the path that the target says, and there alone', async () => {
    const body = '{"query":"{ me }"}';
    const http = { graphqlPath: '/api/q' };
    assert.equal(told(await operationOf({ path: '/API//q/', body, http })), 'read query  me');
    assert.match(told(await operationOf({ path: '/graphql', body, http })), /^unknown .* not the one for them$/);
    assert.equal(told(await operationOf({ path: '/graphql', body: '{"query":"text"}', http })), 'write - - ');
  });

  test('of no document is a page, and its methods may be asked for', async () => {
    assert.equal(told(await operationOf({ method: 'GET' })), 'read - - ');
    assert.equal(told(await operationOf({ method: 'OPTIONS' })), 'read - - ');
  });

  test('makes its body be read, whether a rule asks for bodies or not', () => {
    const facts = { mediaType: 'application/json' } as HttpFacts;
    const head = { target: TARGET, facts, codings: [], contentType: 'application/json' };
    assert.equal(inspector.wants(head), 1024 * 1024);
    assert.equal(inspector.wants({ ...head, target: targetNamed('other') }), 0);
  });
});

test('a rule about GraphQL covers what lies within its types and fields, and may bind what is not known', async () => {
  const extent = async (graphql: NonNullable<HttpPattern['graphql']>, query: string) =>
    compileHttpPattern({ graphql })(await post(query)).extent;
  assert.equal(await extent({ types: ['query'] }, '{ me }'), 'all');
  assert.equal(await extent({ types: ['mutation'] }, '{ me }'), 'none');
  assert.equal(await extent({ fields: ['me', 'user*'] }, '{ x: me users { id } }'), 'all');
  assert.equal(await extent({ fields: ['me'] }, '{ me secret: me users { id } }'), 'some');
  assert.equal(await extent({ fields: ['me'] }, '{ me: users { id } }'), 'none');
  assert.equal(await extent({ types: ['query'], fields: ['me'] }, '{ me'), 'some');
  assert.equal(compileHttpPattern({ graphql: { fields: ['*'] } })(await operationOf({ method: 'GET' })).extent, 'none');
});
