import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Secret } from '../../../model/secret.ts';
import type { KubernetesCredential } from '../../../model/target.ts';
import { Tokens } from '../../http/credentials/tokens.ts';
import { clusterCredentials } from './cluster-credentials.ts';

const ASKED = { method: 'GET', scheme: 'https', authority: 'c', target: '/', fields: [], length: 'none' } as const;
const CLIENT = { version: '1.1', method: 'GET', authority: '', target: '/', absolute: false, fields: [] } as const;
const NEVER = new AbortController().signal;

async function shown(kubernetes: KubernetesCredential, tokens: Tokens): Promise<string | undefined> {
  const credentials = clusterCredentials({ user: '', kubernetes }, tokens) ?? assert.fail('it is none of clusters');
  const { fields } = await credentials.apply(ASKED, CLIENT, NEVER);
  return fields.find(([name]) => name === 'authorization')?.[1];
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-cluster-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('a plugin for credentials', () => {
  const script = (body: string) => `#!/bin/sh\n${body}\n`;
  const printed = (token: string, until: string): string =>
    `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}","expirationTimestamp":"${until}"}}'`;

  test('is run once until what it gave expires, and gets nothing of the gateway but what it was given', async () => {
    await inFolder(async (folder) => {
      const command = join(folder, 'plugin');
      await writeFile(
        command,
        script(
          `echo "$1 $KEY $HOME $KUBERNETES_EXEC_INFO" >> ${folder}/ran\n${printed('first', '2030-01-01T00:10:00Z')}`,
        ),
      );
      await chmod(command, 0o700);
      let now = Date.parse('2030-01-01T00:00:00Z');
      const tokens = new Tokens(() => now);
      const credential = {
        kind: 'exec',
        command,
        args: ['get'],
        environment: { KEY: new Secret('of-the-plugin') },
      } as const;
      assert.equal(await shown(credential, tokens), 'Bearer first');
      assert.equal(await shown(credential, tokens), 'Bearer first');
      now += 11 * 60_000;
      assert.equal(await shown(credential, tokens), 'Bearer first');
      const ran = (await readFile(join(folder, 'ran'), 'utf8')).trim().split('\n');
      assert.equal(ran.length, 2);
      assert.match(
        ran[0] ?? '',
        /^get of-the-plugin {2}\{"kind":"ExecCredential","apiVersion":"client\.authentication\.k8s\.io\/v1"/,
      );
    });
  });

  const failures: readonly (readonly [string, string, RegExp])[] = [
    ['ends with a status', 'echo canary >&2; echo canary; exit 3', /gives no credential \(status 3\)$/],
    ['prints no JSON', 'echo canary', /printed no ExecCredential/],
    [
      'prints another version',
      printed('canary', '').replace('k8s.io/v1', 'k8s.io/v1alpha1'),
      /printed no ExecCredential/,
    ],
    ['prints a token that no header can hold', printed('can\\u000aary', ''), /gave no token$/],
  ];
  for (const [what, body, message] of failures) {
    test(`that ${what} gives none, and what it printed is shown to nobody`, async () => {
      await inFolder(async (folder) => {
        const command = join(folder, 'plugin');
        await writeFile(command, script(body));
        await chmod(command, 0o700);
        const credential = { kind: 'exec', command, args: [], environment: {} } as const;
        await assert.rejects(shown(credential, new Tokens()), (fault: Error) => {
          assert.match(fault.message, message);
          assert.ok(!JSON.stringify([fault.message, String(fault.cause)]).includes('canary'));
          return true;
        });
      });
    });
  }
});

test('the token of a service account is read anew each minute', async () => {
  await inFolder(async (directory) => {
    let now = 1_900_000_000_000;
    const tokens = new Tokens(() => now);
    const credential = { kind: 'serviceAccount', directory } as const;
    await writeFile(join(directory, 'token'), 'first\n');
    assert.equal(await shown(credential, tokens), 'Bearer first');
    await writeFile(join(directory, 'token'), 'second\n');
    assert.equal(await shown(credential, tokens), 'Bearer first');
    now += 61_000;
    assert.equal(await shown(credential, tokens), 'Bearer second');
    await rm(join(directory, 'token'));
    now += 61_000;
    await assert.rejects(shown(credential, tokens), /token cannot be read by the gateway$/);
  });
});

test('a token of EKS is a question to STS that is signed for one cluster', async () => {
  const tokens = new Tokens(() => Date.parse('2030-01-02T03:04:05Z'));
  const token = await shown(
    {
      kind: 'eks',
      cluster: 'shop',
      region: 'eu-west-1',
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
    },
    tokens,
  );
  const [, encoded = ''] = /^Bearer k8s-aws-v1\.([\w-]+)$/.exec(token ?? '') ?? [];
  const url = new URL(Buffer.from(encoded, 'base64url').toString());
  assert.equal(url.origin, 'https://sts.eu-west-1.amazonaws.com');
  assert.equal(url.searchParams.get('Action'), 'GetCallerIdentity');
  assert.equal(url.searchParams.get('X-Amz-Credential'), 'AKIDEXAMPLE/20300102/eu-west-1/sts/aws4_request');
  assert.equal(url.searchParams.get('X-Amz-SignedHeaders'), 'host;x-k8s-aws-id');
  assert.match(url.searchParams.get('X-Amz-Signature') ?? '', /^[0-9a-f]{64}$/);
});

test('a credential of HTTP’s own is put in as HTTP does, and refused by a status without a challenge', async () => {
  const token = new Secret('t0ken');
  const own = clusterCredentials({ user: '', http: { kind: 'bearer', token } }, new Tokens());
  assert.deepEqual(own.secrets, ['t0ken']);
  assert.deepEqual(
    [401, 403].map((status) => own.refusedBy({ status, fields: [] })),
    [true, false],
  );
});
