import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeAuthority } from '../../test/support/certificates.ts';
import { loadTargets, parseAddress } from './load-targets.ts';
import { readConfiguration } from './read-configuration.ts';

const load = (text: string) =>
  loadTargets(readConfiguration([{ name: 'targets.yaml', text }]).sections.targets ?? [], ['http', 'postgres']);
const problems = (text: string) => load(text).problems.map(({ line, message }) => `${line}: ${message}`);

const SHORT = `targets:
  - name: pg
    protocol: postgres
    address: db.example
    credential: { user: app, password: { env: PG_PASSWORD } }
`;

describe('a declared target', () => {
  test('verifies TLS, records strictly and classifies nothing unless it says otherwise', () => {
    assert.deepEqual(load(SHORT), {
      items: [
        {
          target: {
            name: 'pg',
            protocol: 'postgres',
            address: { host: 'db.example', port: 5432 },
            tls: { mode: 'verify-full' },
            labels: {},
            classified: [],
            recordMode: 'strict',
            storedReplyBytes: 16_777_216,
          },
          credential: { user: 'app', password: { env: 'PG_PASSWORD' } },
        },
      ],
      problems: [],
    });
  });

  test('says all that it can say', async () => {
    const { certificate } = await makeAuthority();
    const ca = certificate.trim().replaceAll('\n', '\n        ');
    const loaded = load(`targets:
  - name: pg-prod
    protocol: postgres
    address: "[::1]:6432"
    database: shop
    tls:
      mode: verify-ca
      serverName: db.internal
      ca: |
        ${ca}
    credential:
      user: chaperone
      password: { file: /run/secrets/pg }
      clientCertificate: { certificate: { value: c }, key: { value: k } }
    labels: { env: prod }
    classified:
      - { column: public.customers.email, class: email, mask: partial }
      - { column: public.cards.number, class: card }
    record: batched
    limits: { storedReplyBytes: 1024 }
`);
    assert.deepEqual(loaded.problems, []);
    const { ca: read, ...tls } = loaded.items[0]?.target.tls ?? {};
    assert.equal(read?.trim(), certificate.trim());
    assert.deepEqual(tls, { mode: 'verify-ca', serverName: 'db.internal' });
    assert.deepEqual(
      { ...loaded.items[0]?.target, tls: {} },
      {
        name: 'pg-prod',
        protocol: 'postgres',
        address: { host: '::1', port: 6432 },
        database: 'shop',
        tls: {},
        labels: { env: 'prod' },
        classified: [
          { schema: 'public', table: 'customers', column: 'email', class: 'email', mask: 'partial' },
          { schema: 'public', table: 'cards', column: 'number', class: 'card' },
        ],
        recordMode: 'batched',
        storedReplyBytes: 1024,
      },
    );
  });

  test('is refused at its line for what is unknown, missing or malformed', () => {
    assert.deepEqual(problems(SHORT.replace('protocol: postgres', 'protocol: oracle')), [
      '3: the protocol oracle is not spoken here',
    ]);
    assert.deepEqual(problems(SHORT.replace('db.example', 'db.example:0')), [
      '4: the address db.example:0 is not host:port',
    ]);
    assert.match(problems(`${SHORT}    tls: { mode: allow }\n`).join(), /^6: tls\.mode: /);
    assert.deepEqual(problems(`${SHORT}    tls: { ca: nonsense }\n`), ['6: tls.ca: not certificates in PEM']);
    assert.equal(problems(`${SHORT}    tsl: {}\n`).length, 1);
    assert.equal(problems(`${SHORT}    record: off\n`).length, 1);
    assert.deepEqual(problems(`${SHORT}    classified: [{ column: email, class: email }]\n`), [
      '6: classified.0.column: a column is written schema.table.column',
    ]);
    assert.deepEqual(problems(SHORT + SHORT.replace('targets:\n', '')), ['6: the target pg is declared twice']);
  });

  test('is refused with a secret of two sources, of none, or from a relative path, and the message does not show it', () => {
    for (const password of [
      '{ value: canary, env: X }',
      '{}',
      'canary',
      '{ file: secrets/canary }',
      '{ env: "canary canary" }',
      '{ value: "" }',
    ]) {
      const found = problems(SHORT.replace('{ env: PG_PASSWORD }', password));
      assert.equal(found.length, 1, password);
      assert.match(found[0] ?? '', /^5: credential\.password/);
      assert.equal(found[0]?.includes('canary'), false, found[0]);
    }
  });
});

test('an address is a host and a port', () => {
  assert.deepEqual(parseAddress('db:1'), { host: 'db', port: 1 });
  assert.deepEqual(parseAddress('[fe80::1]:65535'), { host: 'fe80::1', port: 65_535 });
  assert.deepEqual(parseAddress('db', 5432), { host: 'db', port: 5432 });
  for (const text of ['', 'db', 'db:', 'db:65536', 'db:x', '::1:5432', 'a b:1', 'user@db:1', 'db:1/x', '/tmp/s:1']) {
    assert.equal(parseAddress(text), undefined, text);
  }
});
