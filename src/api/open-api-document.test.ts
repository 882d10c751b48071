import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: { readonly type?: string };
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, object>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, object>> };
}

describe('the OpenAPI document', () => {
  let api: TestApi;
  let document: Document;
  let operations: readonly (readonly [name: string, operation: Operation])[];
  before(async () => {
    api = await startApi();
    const { json } = await api.call('GET', '/openapi.json');
    document = json as unknown as Document;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
  });
  after(() => api[Symbol.asyncDispose]());

  test('is of version 3.1 and names the ways to prove who one is', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'cookie', 'grant']);
    assert.ok(operations.length > 40);
  });

  test('says of every operation what it is, in words, under a tag that is explained', () => {
    const explained = new Set(document.tags.map(({ name }) => name));
    const wordless = operations.filter(
      ([, { summary, description, tags = [] }]) =>
        !summary || !description || tags.length !== 1 || !tags.every((tag) => explained.has(tag)),
    );
    assert.deepEqual(
      wordless.map(([name]) => name),
      [],
    );
    const ids = operations.map(([, { operationId }]) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('declares every parameter of a path', () => {
    const missing = operations.flatMap(([name, { parameters = [] }]) => {
      const known = new Set(parameters.filter((one) => one.in === 'path').map((one) => one.name));
      const wanted = [...name.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter ?? '');
      return wanted.filter((parameter) => !known.has(parameter)).map((parameter) => `${name}: ${parameter}`);
    });
    assert.deepEqual(missing, []);
  });

  test('says of every operation how it says no', () => {
    const isProblem = (answer: { readonly content?: object } | undefined) =>
      Object.keys(answer?.content ?? {}).includes('application/problem+json');
    const silent = operations.filter(
      ([, { responses }]) => !isProblem(responses['4XX']) || !isProblem(responses['5XX']),
    );
    assert.deepEqual(
      silent.map(([name]) => name),
      [],
    );
  });

  test('what is open in it is open, and everything else asks who calls', async () => {
    const open = new Set(operations.filter(([, { security }]) => security?.length === 0).map(([name]) => name));
    for (const [name] of operations) {
      const [method = '', path = ''] = name.split(' ');
      if (open.has(name)) continue;
      const filled = path
        .replace('{kind}', 'policy')
        .replace('{*}', 'entries/000')
        .replaceAll(/\{[^}]+\}/g, 'none');
      const answer = await api.call(method.toUpperCase(), filled, bodyFor(name));
      assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
    }
  });

  test('names the headers, the forms and the answers that no schema of a route has', () => {
    const of = (name: string) => new Map(operations).get(name) ?? assert.fail(name);
    const headers = (name: string) =>
      of(name).parameters?.flatMap((one) => (one.in === 'header' ? [one.name] : [])) ?? [];
    assert.deepEqual(headers('put /v1/configuration/{kind}/{name}'), ['If-Match', 'If-None-Match']);
    assert.deepEqual(headers('patch /v1/people/{person}'), ['If-Match']);
    assert.deepEqual(headers('get /v1/events'), ['Last-Event-ID']);
    assert.ok(of('post /oauth/token').requestBody?.content?.['application/x-www-form-urlencoded']);
    assert.deepEqual(Object.keys(of('get /v1/login/start').responses), ['303', '4XX', '5XX']);
    assert.deepEqual(Object.keys(of('get /v1/runs/{run}/attach').responses), ['101', '4XX', '5XX']);
    assert.deepEqual(Object.keys(of('get /metrics').responses['200']?.content ?? {}), ['text/plain']);
    const mine = of('get /v1/approvals').parameters?.find(({ name }) => name === 'mine');
    assert.equal(mine?.schema?.type, 'boolean');
  });

  test('what cannot be routed is a problem, and repeats nothing of what was asked', async () => {
    const answers = [
      await api.call('GET', '/v1/runs/%ED%A0%80secret'),
      await api.call('POST', `/v1/runs/${'x'.repeat(300)}secret/close`),
      await api.call('GET', '/', { headers: { 'x-large': 'x'.repeat(20_000) } }),
    ];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['content-type'], headers['x-content-type-options']]),
      [400, 414, 431].map((status) => [status, 'application/problem+json', 'nosniff']),
    );
    for (const { text } of answers) assert.ok(!text.includes('secret'), text);
  });

  test('what is not what a route takes is told as that, and breaks nothing', async () => {
    const files = [{ name: 'x', text: 'policies: []' }];
    const sent = [
      ['/v1/apply', { mode: 'apply', files, digest: 'not the digest of a plan' }],
      ['/v1/policies/explain', { statement: 'select 1', target: 'people', as: { 'run.nothing': 'x' } }],
    ] as const;
    for (const [path, json] of sent) {
      const { status, text } = await api.call('POST', path, { auth: api.admin, json });
      assert.equal(status, 400, text);
    }
    for (const list of ['approvals', 'runs', 'sessions', 'statements', 'people', 'deliveries', 'erasures']) {
      const { status, text } = await api.call('GET', `/v1/${list}?cursor=tampered`, { auth: api.admin });
      assert.equal(status, 400, `${list}: ${text}`);
    }
    assert.deepEqual(api.faults, []);
    const exchanged = await api.call('POST', '/oauth/token', { json: { grant_type: 'password' } });
    assert.deepEqual([exchanged.status, exchanged.json['error']], [400, 'unsupported_grant_type']);
    const asked = await api.call('POST', '/v1/login/device/token', {
      json: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code' },
    });
    assert.deepEqual([asked.status, asked.json['error']], [400, 'invalid_request']);
  });

  test('a path answers other methods with 405, and bodies that cannot be read with a problem', async () => {
    const patched = await api.call('PATCH', '/v1/sessions', { auth: api.admin });
    assert.deepEqual([patched.status, patched.headers['allow']], [405, 'GET, HEAD']);
    const send = (type: string, text: string) =>
      api.call('POST', '/v1/policies/check', { auth: api.admin, body: { type, text } });
    const answers = [
      await send('application/json', '{"files":'),
      await send('application/xml', '<a/>'),
      await send('application/json', JSON.stringify({ files: [{ name: 'x', text: 'x'.repeat(5_000_000) }] })),
      await send('application/json', '{"files":[]}'),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 415, 413, 400],
    );
    for (const { headers } of answers) assert.equal(headers['content-type'], 'application/problem+json');
  });
});

/** Bodies that pass the schema, so that who calls is what is asked about. */
function bodyFor(name: string): { readonly json?: unknown; readonly body?: { type: string; text: string } } {
  const file = { name: 'x', text: 'policies: []' };
  const bodies: Readonly<Record<string, unknown>> = {
    'post /v1/apply': { mode: 'plan', files: [file] },
    'post /v1/approvals/{approval}/answer': { answer: 'approve', digest: '0'.repeat(64) },
    'post /v1/definitions/{definition}/accept': { digest: '0'.repeat(64) },
    'post /v1/definitions/{definition}/reject': { digest: '0'.repeat(64) },
    'post /v1/definitions/accept': { forms: [{ definition: 'none', digest: '0'.repeat(64) }] },
    'post /v1/sessions/{session}/end': { reason: 'x' },
    'put /v1/configuration/{kind}/{name}': { text: 'policies: []' },
    'post /v1/policies/check': { files: [file] },
    'post /v1/policies/try': { text: 'policies: []' },
    'post /v1/policies/explain': { statement: 'select 1', target: 'x' },
    'post /v1/policies/replay': { files: [file] },
    'post /v1/trust/check': { token: 'x' },
    'post /v1/operator-tokens': { name: 'x', role: 'auditor', expiresAt: null },
    'patch /v1/people/{person}': { localGroups: [] },
    'post /v1/login/device/{userCode}': { answer: 'approve' },
    'delete /v1/runs/{run}/bodies': { reason: 'other' },
    'post /v1/log/keys': { overlapDays: 0 },
    'post /v1/exports/{name}/replay': { from: 0 },
    'post /v1/audit-packs': { from: '2026-01-01', to: '2026-01-02', control: 'none' },
    'post /v1/holds': { run: 'run_none', reason: 'x' },
    'delete /v1/holds/{hold}': { reason: 'x' },
  };
  return name in bodies ? { json: bodies[name] } : {};
}
