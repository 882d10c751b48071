import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { credentialBinding, parseCredential, resolveCredential } from './credential.ts';
import { declareTarget, divertedPart, shownCredential, withSealed } from './declare-target.ts';
import { loadTargets } from './load-targets.ts';
import { readConfiguration } from './read-configuration.ts';

const load = (text: string) =>
  loadTargets(readConfiguration([{ name: 'targets.yaml', text }]).sections.targets ?? [], ['http', 'postgres']);
const problems = (text: string) => load(text).problems.map(({ line, message }) => `${line}: ${message}`);

const SHORT = `targets:
  - name: api
    protocol: http
    url: https://API.example.com/v1/
    credential: { bearer: { token: { env: API_TOKEN } } }
`;
const one = (text: string) => load(text).items[0] ?? assert.fail(problems(text).join('\n'));
const withCredential = (credential: string) => SHORT.replace(/credential: .*/, `credential: ${credential}`);

const KINDS = [
  '{ none: true }',
  '{ bearer: { token: { value: canary } } }',
  '{ basic: { user: app, password: { value: canary } } }',
  '{ header: { name: X-Acme-Key, value: { value: canary } } }',
  '{ query: { name: key, value: { file: /run/key } } }',
  "{ oauth2: { tokenUrl: 'https://id.example/token', clientId: app, clientSecret: { value: canary }, authentication: post, refreshToken: { env: R }, scope: a b, audience: x, resource: 'https://mcp.example/mcp' } }",
  "{ githubApp: { appId: '1', installation: '2', key: { value: canary }, apiUrl: 'https://git.example/api/v3', repositories: [shop], permissions: { contents: read } } }",
  '{ aws: { accessKeyId: AKIA1, secretAccessKey: { value: canary }, sessionToken: { env: S }, region: eu-west-1, service: s3 } }',
  '{ clientCertificate: { certificate: { value: canary }, key: { value: canary } } }',
  '{ bearer: { token: { env: T } }, clientCertificate: { certificate: { env: C }, key: { value: canary } } }',
];

describe('a declared HTTP target', () => {
  test('has its address, its base path, its TLS and its host from its URL', () => {
    const { target, credential } = one(SHORT);
    assert.deepEqual(target, {
      name: 'api',
      protocol: 'http',
      address: { host: 'api.example.com', port: 443 },
      tls: { mode: 'verify-full' },
      labels: {},
      classified: [],
      recordMode: 'strict',
      storedReplyBytes: 16_777_216,
      http: { basePath: '/v1', hosts: ['api.example.com'], version: 'auto' },
    });
    assert.deepEqual(credential, { bearer: { token: { env: 'API_TOKEN' } } });
    const plain = one(SHORT.replace('https://API.example.com/v1/', 'http://[::1]:8080'));
    assert.deepEqual(
      [plain.target.address, plain.target.tls, plain.target.http?.basePath],
      [{ host: '::1', port: 8080 }, { mode: 'disable' }, ''],
    );
    const address = one(SHORT.replace('url: https://API.example.com/v1/', 'address: api.example.com'));
    assert.deepEqual(address.target.address, { host: 'api.example.com', port: 443 });
  });

  test('says all that it can say, and is declared again as it was, whatever its credential', () => {
    const more = `    http: { hosts: [api.example.com, Other.Example], version: '2', dialect: graphql, cookies: true,
      graphql: { path: /api/graphql }, openapi: { base: /v2, validate: true, text: '{"openapi":"3.1.0"}' } }
    classified:
      - { path: "GET /customers/{id}", field: "[].customers[].email", class: email }
      - { path: /**, field: "**.card", class: card, mask: partial }
      - { path: /export, header: X-Total-Name, class: name }
      - { path: /export, cookie: uid, class: name, mask: hash }
`;
    for (const text of [SHORT + more, ...KINDS.map(withCredential)]) {
      const first = one(text);
      const again = one(stringify({ targets: [declareTarget(first.target, first.credential)] }));
      assert.deepEqual(again, first);
    }
    const { target } = one(SHORT + more);
    assert.deepEqual(target.classified, [
      { schema: '', table: 'GET /customers/{id}', column: '[].customers[].email', class: 'email', place: 'body' },
      { schema: '', table: '/**', column: '**.card', class: 'card', mask: 'partial', place: 'body' },
      { schema: '', table: '/export', column: 'X-Total-Name', class: 'name', place: 'header' },
      { schema: '', table: '/export', column: 'uid', class: 'name', mask: 'hash', place: 'cookie' },
    ]);
    assert.deepEqual(target.http, {
      basePath: '/v1',
      hosts: ['api.example.com', 'other.example'],
      version: '2',
      dialect: 'graphql',
      cookies: true,
      graphqlPath: '/api/graphql',
      openapi: { text: '{"openapi":"3.1.0"}', base: '/v2', validate: true },
    });
  });

  test("has the classes that its document says, which are the document's alone to declare", () => {
    const schema = `{ properties: { email: { type: string, x-chaperone-class: email } } }`;
    const get = `get: { operationId: one, responses: { '200': { content: { application/json: { schema: ${schema} } } } } }`;
    const document = `openapi: 3.1.0\npaths: { '/customers/{id}': { ${get} }, '/x': {} }`;
    const { target, credential } = one(`${SHORT}    http: { openapi: { text: ${JSON.stringify(document)} } }\n`);
    assert.deepEqual(target.classified, [
      { schema: '', table: 'GET /customers/{id}', column: 'email', class: 'email', place: 'body' },
    ]);
    assert.equal('classified' in declareTarget(target, credential), false);
    const elsewhere = document.replace('paths:', 'servers: [{ url: /v9 }]\npaths:');
    assert.deepEqual(
      one(`${SHORT}    http: { openapi: { text: ${JSON.stringify(elsewhere)} } }\n`).target.classified,
      [],
    );
  });

  test('has the descriptors of its services, which are read when it is declared', () => {
    const descriptors = readFileSync('test/corpus/grpc/shop.binpb').toString('base64');
    const grpc = (text: string, url = 'https://api.example.com') =>
      SHORT.replace('https://API.example.com/v1/', url) +
      `    http: { version: '2', grpc: { descriptors: ${text} } }\n`;
    const { target, credential } = one(grpc(descriptors));
    assert.deepEqual(target.http?.grpc, { descriptors });
    assert.deepEqual(one(stringify({ targets: [declareTarget(target, credential)] })).target, target);
    assert.match(problems(grpc('aGVsbG8=')).join(), /http\.grpc: it is no FileDescriptorSet/);
    assert.match(problems(grpc(descriptors, 'https://api.example.com/v1')).join(), /no path before their service/);
    assert.match(problems(`${SHORT}    http: { grpc: { file: a } }\n`).join(), /`chaperone apply` puts that in place/);
  });

  test('speaks of AWS where its credential signs for it, and knows what for', () => {
    const aws = (more: string) =>
      one(withCredential(`{ aws: { accessKeyId: AKIA1, secretAccessKey: { env: S }${more} } }`)).target.http;
    assert.deepEqual([aws('')?.dialect, aws('')?.signs], ['aws', undefined]);
    assert.deepEqual(aws(', region: eu-west-1, service: s3')?.signs, { region: 'eu-west-1', service: 's3' });
  });

  test('is refused at its line for what cannot be', () => {
    const url = (text: string) => problems(SHORT.replace('https://API.example.com/v1/', text));
    assert.deepEqual(url('ftp://x'), ['4: the URL ftp://x is not https://HOST[:PORT][/PATH]']);
    assert.deepEqual(url('https://u:p@x/'), ['4: the URL of a target has no user; say it in `credential`']);
    assert.deepEqual(url('https://x/?a'), ['4: the URL of a target has no query and no fragment']);
    assert.deepEqual(url('https://x/a%2Fb'), ['4: the path of the URL has characters that servers read differently']);
    assert.deepEqual(problems(`${SHORT}    tls: { mode: disable }\n`), [
      '4: the URL has TLS, and tls.mode says disable',
    ]);
    assert.deepEqual(problems(`${SHORT}    address: x:1\n`), [
      '2: an HTTP target has a `url`, or an `address`, and not both',
    ]);
    assert.deepEqual(problems(`${SHORT}    http: { openapi: { file: /etc/passwd } }\n`), [
      '6: http.openapi: give the document as `text`; `chaperone apply` puts that in place of `file`',
    ]);
    assert.deepEqual(problems(`${SHORT}    http: { openapi: { text: '{"openapi":"3.0.0","paths":{"/a":1}}' } }\n`), [
      '6: http.openapi: paths → /a: it is no object',
    ]);
    assert.match(problems(`${SHORT}    database: x\n`).join(), /^\d: target: .*database/);
    const classified = (entry: string) => problems(`${SHORT}    classified: [{ ${entry}, class: x }]\n`).join();
    assert.match(classified('column: a.b.c'), /^6: classified.0.path: /);
    assert.equal(classified('path: /a'), '6: classified.0: say one of `field`, `header` and `cookie`');
    assert.equal(
      classified('path: /a, field: b, header: c'),
      '6: classified.0: say one of `field`, `header` and `cookie`',
    );
    for (const field of ['a b', 'a..b', '.a', 'a[0]', 'a[', '""']) {
      assert.match(
        classified(`path: /a, field: "${field.replaceAll('"', '')}"`),
        /^6: classified.0.field: a field is/,
        field,
      );
    }
    assert.match(classified('path: "/a?b", field: c'), /^6: classified.0.path: a path is written/);
    assert.deepEqual(problems(SHORT + SHORT.replace('targets:\n', '').replace('name: api', 'name: other')), [
      '6: clients that ask for api.example.com could mean the target api or other',
    ]);
  });

  test('is refused for a credential of no kind, of two, or of one that there is not, and none is shown', () => {
    const found = (credential: string) => problems(withCredential(credential)).join();
    assert.match(found('{}'), /^5: credential: say how the gateway proves itself/);
    assert.match(found('{ none: true, bearer: { token: { value: canary } } }'), /one kind of credential, not none and/);
    assert.match(found('{ user: app, password: { value: canary } }'), /^5: credential: /);
    assert.match(found('{ header: { name: Host, value: { value: canary } } }'), /^5: credential.header.name: /);
    for (const tokenUrl of ['http://id.example/t', 'ftp://localhost', 'https://u:p@id.example', 'x']) {
      const oauth2 = `{ oauth2: { tokenUrl: '${tokenUrl}', clientId: a, clientSecret: { value: canary } } }`;
      assert.match(found(oauth2), /^5: credential.oauth2.tokenUrl: https:/);
    }
    assert.match(found('{ basic: { user: "a:b", password: { value: canary } } }'), /^5: credential.basic.user: /);
    for (const credential of ['{}', '{ kerberos: { value: canary } }', 'canary']) {
      assert.equal(found(withCredential(credential)).includes('canary'), false);
    }
  });
});

describe('the credential of an HTTP target', () => {
  test('is shown without its secrets, and what is sealed is put back', async () => {
    for (const kind of KINDS) {
      const { credential } = one(withCredential(kind));
      const shown = shownCredential(credential);
      assert.equal(JSON.stringify(shown).includes('canary'), false);
      assert.deepEqual(withSealed(shown, credential), credential);
      assert.equal(divertedPart(shown, credential), undefined);
      const secrets = { env: (name: string) => `env-${name}`, file: () => Promise.resolve('of-a-file\n') };
      const resolved = await resolveCredential(parseCredential(JSON.stringify(credential)), secrets);
      assert.equal(JSON.stringify(resolved).includes('canary'), kind.includes('certificate: { value'));
    }
  });

  test('does not go elsewhere with what is sealed: not by another header, host, path or address', () => {
    const { credential, target } = one(withCredential('{ header: { name: x-key, value: { value: canary } } }'));
    assert.equal(divertedPart({ header: { name: 'x-echo', value: { sealed: true } } }, credential), 'header');
    assert.equal(divertedPart({ query: { name: 'x-key', value: { sealed: true } } }, credential), 'query');
    assert.equal(divertedPart({ header: { name: 'x-echo', value: { value: 'new' } } }, credential), undefined);
    const oauth2 = { tokenUrl: 'https://id.example/token', clientId: 'app', clientSecret: { value: 'canary' } };
    const moved = { ...oauth2, clientSecret: { sealed: true }, tokenUrl: 'https://evil.example/token' };
    assert.equal(divertedPart({ oauth2: moved }, { oauth2 }), 'oauth2');
    assert.equal(divertedPart({ oauth2: { ...moved, tokenUrl: oauth2.tokenUrl } }, { oauth2 }), undefined);
    const bindings = [
      SHORT,
      SHORT.replace('API.example.com', 'evil.example'),
      SHORT.replace('/v1/', '/v2'),
      `${SHORT}    http: { hosts: [evil.example] }\n`,
    ].map((text) => credentialBinding(one(text).target));
    assert.equal(bindings[0], credentialBinding(target));
    assert.equal(new Set(bindings).size, 4);
  });
});
