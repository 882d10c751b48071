import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { loadTargets } from '../targets/load-targets.ts';
import { targetOfKubeconfig } from './from-kubeconfig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PLACE = { directory: '/srv/kube', path: '/usr/bin:/bin' };

function config(cluster: object, user: object): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'Prod@EU',
    clusters: [{ name: 'c', cluster: { server: 'https://203.0.113.7:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'Prod@EU', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  });
}

describe('a kubeconfig as a target', () => {
  const credentials: readonly (readonly [string, object, object])[] = [
    ['a token', { token: 't' }, { bearer: { token: { value: 't' } } }],
    ['a file with a token', { tokenFile: 'token' }, { bearer: { token: { file: '/srv/kube/token' } } }],
    [
      'a certificate',
      { 'client-certificate-data': base64('CERT'), 'client-key': '/etc/key.pem' },
      { clientCertificate: { certificate: { value: 'CERT' }, key: { file: '/etc/key.pem' } } },
    ],
    [
      'a plugin',
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'sh',
          args: ['-c'],
          env: [{ name: 'A', value: 'b' }],
        },
      },
      { exec: { command: '/usr/bin/sh', args: ['-c'], env: { A: { value: 'b' } } } },
    ],
    ['nothing', {}, { none: true }],
  ];
  for (const [what, user, credential] of credentials) {
    test(`has ${what}, and can be declared`, () => {
      const target = targetOfKubeconfig(config({}, user), PLACE);
      assert.deepEqual(target, {
        name: 'prod-eu',
        protocol: 'kubernetes',
        url: 'https://203.0.113.7:6443',
        credential,
      });
      assert.deepEqual(loadTargets([{ file: 'a', line: () => 1, value: target }], ['kubernetes']).problems, []);
    });
  }

  test('has how the server is verified, and whom it speaks for', () => {
    const cluster = { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'api.internal' };
    const target = targetOfKubeconfig(config(cluster, { as: 'ci', 'as-groups': ['g'] }), { ...PLACE, name: 'eu' });
    assert.deepEqual(target, {
      name: 'eu',
      protocol: 'kubernetes',
      url: 'https://203.0.113.7:6443',
      tls: { ca: 'CA', serverName: 'api.internal' },
      kubernetes: { impersonate: { user: 'ci', groups: ['g'] } },
      credential: { none: true },
    });
  });

  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    ['has no such context', config({}, {}).replace('Prod@EU', 'Other'), /it has not the context Other/],
    ['is behind a proxy', config({ 'proxy-url': 'http://p' }, {}), /behind a proxy/],
    ['has an old way to log in', config({}, { 'auth-provider': { name: 'gcp' } }), /auth-provider/],
    [
      'names a program that is nowhere',
      config({}, { exec: { command: 'no-such-plugin' } }),
      /no-such-plugin of its user is not found/,
    ],
    ['is none', 'a: [', /no YAML/],
    ['is something else', 'clusters: 3', /no kubeconfig/],
  ];
  for (const [what, text, message] of mistakes) {
    test(`that ${what} is refused`, () => assert.throws(() => targetOfKubeconfig(text, PLACE), message));
  }
});
