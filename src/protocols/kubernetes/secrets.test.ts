import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import {
  type Script,
  type ScriptedCluster,
  startScriptedCluster,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { recorded } from '../../../test/support/recorded.ts';
import type { Policy } from '../../policy/policy.ts';

const CANARY = 'canary-4fT9xQ2mZr';
const BASE64 = Buffer.from(CANARY).toString('base64');
const MASKED = Buffer.from('[redacted]').toString('base64');

const masking = (...classes: string[]): readonly Policy[] => [{ ...PERMIT_ALL, mask: classes }];

const secret = (name = 'db') => ({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: {
    name,
    namespace: 'shop',
    annotations: {
      note: 'kept',
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
        apiVersion: 'v1',
        data: { password: BASE64 },
        kind: 'Secret',
        stringData: { plain: CANARY },
      }),
    },
    managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:data': { '.': {}, 'f:password': {} } } }],
  },
  data: { password: BASE64, 'tls.key': BASE64 },
  type: 'Opaque',
});

const FORMS: readonly (readonly [string, string, unknown, RequestInit?])[] = [
  ['an object', '/api/v1/namespaces/shop/secrets/db', secret()],
  ['a list', '/api/v1/namespaces/shop/secrets', { kind: 'SecretList', apiVersion: 'v1', items: [bare(), bare()] }],
  [
    'a table with objects',
    '/api/v1/secrets?includeObject=Object',
    { kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [{ cells: ['db', 'Opaque', 2], object: secret() }] },
  ],
  [
    'partial metadata',
    '/api/v1/namespaces/shop/secrets/db',
    { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: secret().metadata },
  ],
  [
    'what a write returns',
    '/api/v1/namespaces/shop/secrets',
    secret(),
    post({ kind: 'Secret', metadata: { name: 'x' } }),
  ],
  [
    'what a patch returns',
    '/api/v1/namespaces/shop/secrets/db',
    secret(),
    { ...post({ metadata: { labels: { a: 'b' } } }, 'application/merge-patch+json'), method: 'PATCH' },
  ],
  [
    'one that stands in another object',
    '/apis/work.example.com/v1/works',
    { kind: 'WorkList', items: [{ spec: { manifests: [secret()] } }] },
  ],
  [
    'one that stands in another object, its names in the order of the alphabet',
    '/apis/work.example.com/v1/works/a',
    { apiVersion: 'work.example.com/v1', kind: 'Work', spec: { manifest: sorted(secret()) } },
  ],
  ['a list of anything', '/apis/x.example.com/v1/all', { kind: 'List', items: [{ kind: 'Pod' }, secret()] }],
  [
    'a token',
    '/api/v1/namespaces/shop/serviceaccounts/web/token',
    { kind: 'TokenRequest', status: { token: CANARY, expirationTimestamp: '2030-01-01T00:00:00Z' } },
    post({ kind: 'TokenRequest', spec: { audiences: [] } }),
  ],
  [
    'a certificate that lets somebody in',
    '/apis/certificates.k8s.io/v1/certificatesigningrequests/me',
    { kind: 'CertificateSigningRequest', status: { certificate: BASE64 } },
  ],
];

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function bare() {
  const { kind: _kind, apiVersion: _version, ...rest } = secret();
  return rest;
}

function post(body: object, type = 'application/json'): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type } };
}

function answering(value: unknown): Script {
  return () => value;
}

const STOLEN: readonly (readonly [string, string, unknown])[] = [
  [
    'copied to a label',
    'application/json-patch+json',
    [{ op: 'copy', from: '/data/password', path: '/metadata/labels/x' }],
  ],
  ['moved elsewhere', 'application/json-patch+json', [{ op: 'move', from: '/data', path: '/metadata/annotations' }]],
  ['guessed by a test', 'application/json-patch+json', [{ op: 'test', path: '/data/password', value: 'x' }]],
  ['overwritten by its mask', 'application/merge-patch+json', { data: { password: MASKED } }],
  [
    'put as its mask where it was applied last',
    'application/apply-patch+yaml',
    {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"[redacted]"}}' } },
    },
  ],
  ['overwritten by its mask as text', 'application/merge-patch+json', { stringData: { password: '[redacted]' } }],
];

describe('a value that is secret by its kind', () => {
  let cluster: ScriptedCluster;
  let answer: unknown;
  before(async () => {
    cluster = await startScriptedCluster({ script: () => answer, policies: masking('secret') });
  });
  after(() => cluster[Symbol.asyncDispose]());

  for (const [form, path, value, init] of FORMS) {
    test(`reaches neither client nor log in ${form}`, async () => {
      answer = value;
      const response = await cluster.ask(path, init);
      const text = await response.text();
      assert.equal(response.status, 200);
      assert.ok(!text.includes(CANARY) && !text.includes(BASE64), text);
      assert.ok(text.includes('[redacted]') || text.includes(MASKED), text);
      const log = (await recorded(cluster.gateway)).map(({ body }) => body.toString('latin1')).join('\n');
      assert.ok(!log.includes(CANARY) && !log.includes(BASE64));
      JSON.parse(text);
    });
  }

  for (const [how, type, patch] of STOLEN) {
    test(`is not ${how}`, async () => {
      const asked = cluster.asked.length;
      const response = await cluster.ask('/api/v1/namespaces/shop/secrets/db', {
        ...post(patch as object, type),
        method: 'PATCH',
      });
      assert.equal(response.status, 403);
      assert.match(await response.text(), /mask-impossible/);
      assert.equal(cluster.asked.length, asked);
    });
  }
});

describe('what stands for a value that is secret by its kind', () => {
  test('is base64 still, under the name that it has, and all else stays', async () => {
    await using cluster = await startScriptedCluster({ script: answering(secret()), policies: masking('secret') });
    const response = await cluster.ask('/api/v1/namespaces/shop/secrets/db');
    const seen = (await response.json()) as ReturnType<typeof secret>;
    assert.deepEqual(seen.data, { password: MASKED, 'tls.key': MASKED });
    assert.deepEqual(seen.metadata.managedFields, secret().metadata.managedFields);
    assert.equal(seen.metadata.annotations.note, 'kept');
    const applied = JSON.parse(seen.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']) as object;
    assert.deepEqual(applied, {
      apiVersion: 'v1',
      // A detector of names sees `password`, and what stands in an annotation is no base64 to anybody.
      data: { password: '[redacted]' },
      kind: 'Secret',
      stringData: { plain: '[redacted]' },
    });
    assert.match(response.headers.get('warning') ?? '', /^299 - "Chaperone masks values of Secrets/);
    const masked = (await recorded(cluster.gateway)).flatMap(({ event }) => ('masked' in event ? event.masked : []));
    assert.deepEqual(masked[0], { by: 'column', name: 'secret values', count: 4 });
  });

  test('passes as it is where nothing masks its class', async () => {
    await using cluster = await startScriptedCluster({ script: answering(secret()) });
    assert.equal(await cluster.text('/api/v1/namespaces/shop/secrets/db'), JSON.stringify(secret()));
  });

  test('is masked in each event of a watch as it comes, bookmarks and errors among them', async () => {
    const events = [
      { type: 'ADDED', object: secret() },
      { type: 'BOOKMARK', object: { kind: 'Secret', apiVersion: 'v1', metadata: { resourceVersion: '7' } } },
      { type: 'MODIFIED', object: secret('other') },
      { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } },
    ];
    let next: (() => void) | undefined;
    await using cluster = await startScriptedCluster({
      policies: masking('secret'),
      script: (_asked, response) => {
        response.setHeader('content-type', 'application/json');
        let sent = 0;
        next = () => {
          const event = events[sent++];
          if (event === undefined) response.end();
          else response.write(`${JSON.stringify(event)}\n`);
        };
        next();
        return undefined;
      },
    });
    const response = await cluster.ask('/api/v1/namespaces/shop/secrets?watch=true');
    const seen: string[] = [];
    let held = '';
    for await (const piece of response.body ?? []) {
      held += Buffer.from(piece as Uint8Array).toString('utf8');
      // The next is sent once this one was seen whole: none waits for another.
      for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
        seen.push(held.slice(0, end));
        held = held.slice(end + 1);
        next?.();
      }
    }
    assert.deepEqual(
      seen.map((line) => (JSON.parse(line) as { type: string }).type),
      ['ADDED', 'BOOKMARK', 'MODIFIED', 'ERROR'],
    );
    assert.ok(!seen.join('').includes(BASE64) && !seen.join('').includes(CANARY));
  });

  test('is found by detectors inside of base64, where its class is not masked', async () => {
    const key = Buffer.from('user=ada@example.com').toString('base64');
    const map = { kind: 'ConfigMap', data: { mail: 'ada@example.com' }, binaryData: { mail: key } };
    await using cluster = await startScriptedCluster({
      script: ({ url }) => (url.includes('secrets') ? { kind: 'Secret', data: { mail: key } } : map),
      policies: masking('email'),
    });
    const seen = JSON.parse(await cluster.text('/api/v1/namespaces/a/secrets/s')) as { data: { mail: string } };
    assert.equal(Buffer.from(seen.data.mail, 'base64').toString(), 'user=[redacted]');
    const other = JSON.parse(await cluster.text('/api/v1/namespaces/a/configmaps/c')) as typeof map;
    assert.equal(other.data.mail, '[redacted]');
    assert.equal(Buffer.from(other.binaryData.mail, 'base64').toString(), 'user=[redacted]');
  });

  test('goes with fields that a target classifies by path, in objects, lists and events', async () => {
    const field = {
      schema: '',
      table: '/api/v1/namespaces/*/configmaps/**',
      column: '**.data.dsn',
      class: 'dsn',
      place: 'body',
    };
    const map = { kind: 'ConfigMap', metadata: { name: 'c' }, data: { dsn: CANARY, mode: 'fast' } };
    await using cluster = await startScriptedCluster({
      target: { classified: [field as never] },
      policies: masking('dsn'),
      script: ({ url }) => (url.includes('watch') ? { type: 'ADDED', object: map } : { kind: 'List', items: [map] }),
    });
    const path = '/api/v1/namespaces/shop/configmaps';
    assert.match(await cluster.text(path), /"data":\{"dsn":"\[redacted\]","mode":"fast"\}/);
    assert.match(await cluster.text(`${path}?watch=1`), /"data":\{"dsn":"\[redacted\]","mode":"fast"\}/);
  });

  test('is not given out in a form that nobody here reads', async () => {
    await using cluster = await startScriptedCluster({
      policies: masking('secret'),
      script: (_asked, response) => {
        response.setHeader('content-type', 'application/vnd.kubernetes.protobuf');
        response.end(`k8s\0${CANARY}`);
        return undefined;
      },
    });
    const response = await cluster.ask('/api/v1/namespaces/shop/secrets/db', {
      headers: { accept: 'application/vnd.kubernetes.protobuf,application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    assert.equal(response.status, 502);
    assert.match(await response.text(), /"kind":"Status".*mask-impossible/);
    assert.equal(cluster.asked[0]?.headers.accept, 'application/json;as=Table;v=v1;g=meta.k8s.io');
  });
});
