import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declareTarget, divertedPart } from './declare-target.ts';
import { loadTargets } from './load-targets.ts';

const load = (value: unknown) => loadTargets([{ file: 'a.yaml', line: () => 1, value }], ['kubernetes', 'postgres']);

const CLUSTER = {
  name: 'prod',
  protocol: 'kubernetes',
  url: 'https://cluster.example.com:6443',
  tls: { mode: 'verify-full' },
  kubernetes: {
    impersonate: { user: 'chaperone:{run}', groups: ['ci', 'repo:{repository}'], extra: { 'chaperone/run': '{run}' } },
    secretResources: ['certificates.example.com/issuers'],
  },
  credential: { exec: { command: '/usr/bin/plugin', args: ['get'], env: { KEY: { value: 'x' } } } },
};

describe('a cluster as a target', () => {
  test('is what is declared, and what is secret by its kind has a class', () => {
    const { items, problems } = load(CLUSTER);
    assert.deepEqual(problems, []);
    const { target, credential } = items[0] ?? assert.fail('it was not loaded');
    assert.deepEqual(target.address, { host: 'cluster.example.com', port: 6443 });
    assert.deepEqual(
      target.classified.map(({ table, column, class: of, place }) => [table, column, of, place].join(' ')),
      [
        ' secret values secret value',
        '/api/v1/**/secrets/** secret values secret value',
        '/api/v1/**/serviceaccounts/*/token secret values secret value',
        '/apis/certificates.example.com/*/**/issuers/** secret values secret value',
      ],
    );
    assert.deepEqual(target.kubernetes, CLUSTER.kubernetes);
    assert.deepEqual(declareTarget(target, credential), CLUSTER);
  });

  const credentials: readonly object[] = [
    { serviceAccount: {} },
    { eks: { cluster: 'shop', region: 'eu-west-1', accessKeyId: 'AK', secretAccessKey: { env: 'KEY' } } },
    { bearer: { token: { file: '/run/token' } } },
    { clientCertificate: { certificate: { value: 'c' }, key: { value: 'k' } } },
  ];
  for (const credential of credentials) {
    test(`is let in by ${Object.keys(credential).join()}`, () => {
      assert.deepEqual(load({ ...CLUSTER, credential }).problems, []);
    });
  }

  const mistakes: readonly (readonly [string, object, RegExp])[] = [
    ['a repository alone as its user', { impersonate: { user: '{repository}' } }, /begins with text of your own/],
    [
      'a system group with a part of the run’s',
      { impersonate: { user: 'u', groups: ['system:{subject}'] } },
      /begins with text/,
    ],
    ['a place that stands for nothing', { impersonate: { user: 'x:{branch}' } }, /only \{run\}/],
    ['a name of a resource that is none', { secretResources: ['A/B'] }, /a resource/],
  ];
  for (const [what, kubernetes, message] of mistakes) {
    test(`may not have ${what}`, () => {
      assert.match(load({ ...CLUSTER, kubernetes }).problems[0]?.message ?? '', message);
    });
  }

  test('keeps what is sealed of a plugin for that program alone', () => {
    const sealed = { exec: { ...CLUSTER.credential.exec, env: { KEY: { sealed: true } } } };
    assert.equal(divertedPart(sealed, CLUSTER.credential), undefined);
    const other = { exec: { ...sealed.exec, command: '/usr/bin/other' } };
    assert.equal(divertedPart(other, CLUSTER.credential), 'exec');
    const more = { exec: { ...sealed.exec, args: ['print'] } };
    assert.equal(divertedPart(more, CLUSTER.credential), 'exec');
  });
});
