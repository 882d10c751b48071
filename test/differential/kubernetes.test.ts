/**
 * kubectl sees the same through the gateway as without it: before the double of an API server, or before the real one that
 * `CHAPERONE_TEST_KUBERNETES` names (docs/internals/testing.md). Every kubectl in `CHAPERONE_TEST_KUBECTLS` is tried, or PATH's.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { createKubernetes } from '../../src/protocols/kubernetes/kubernetes.ts';
import { makeAuthority } from '../support/certificates.ts';
import type { TestGateway } from '../support/gateway.ts';
import { startHttpGateway } from '../support/http-gateway.ts';
import { startApiServerDouble } from '../support/kubernetes/api-server-double.ts';
import { plantPod } from '../support/kubernetes/cluster-gateway.ts';
import { clusterTarget } from '../support/kubernetes/scripted-cluster.ts';
import { runProgram } from './endpoint.ts';

const KUBECTLS = (process.env['CHAPERONE_TEST_KUBECTLS'] ?? 'kubectl').split(delimiter);

/** A server that has the pod `web`, which runs its commands here. */
interface Cluster extends AsyncDisposable {
  readonly port: number;
  readonly caFile: string;
  readonly token: string;
}

const NOTES = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { made: 'here' } },
    data: { a: '1' },
  });

/** In order; `{way}` stands for where it is asked. */
const CASES: readonly (readonly [what: string, words: string, input?: (way: string) => string])[] = [
  ['a list', 'get pods'],
  ['a template', 'get pod web -o jsonpath={.spec.containers[0].image}'],
  ['what is not there', 'get pod nothing'],
  ['a create', 'create -f -', (way) => NOTES(`notes-${way}`)],
  ['the same again', 'create -f -', (way) => NOTES(`notes-${way}`)],
  ['a merge', 'patch configmap notes-{way} --type merge -p {"data":{"b":"2"}}'],
  ['a patch in JSON', 'patch configmap notes-{way} --type json -p [{"op":"replace","path":"/data/a","value":"3"}]'],
  ['what is kept', 'get configmap notes-{way} -o jsonpath={.data}{.metadata.labels}'],
  ['a delete', 'delete configmap notes-{way} --wait=false'],
  ['a log', 'logs web'],
  ['a command', 'exec web -- echo out'],
  ['what it says of its errors', 'exec web -- sh -c echo${IFS}err>&2;exit${IFS}3'],
  ['one that is not there', 'exec web -- no-such-program'],
  ['input', 'exec -i web -- tr a-z A-Z', () => 'hello\n'.repeat(20_000)],
  ['a log as it comes', 'logs -f --tail=2 web'],
];

describe('kubectl sees through the gateway what it sees without it', { concurrency: false }, () => {
  let cluster: Cluster;
  let gateway: TestGateway;
  let directory: string;
  const env = (way: string): Record<string, string> => ({
    KUBECONFIG: join(directory, `${way}.json`),
    HOME: directory,
    PATH: process.env['PATH'] ?? '',
  });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'differential-kubernetes-'));
    cluster = await startCluster(directory);
    const token = new Secret(cluster.token);
    const ca = await readFile(cluster.caFile, 'utf8');
    const target = { ...clusterTarget(cluster.port), tls: { mode: 'verify-full', ca } } as const;
    const credential = { user: '', http: { kind: 'bearer', token } } as const;
    gateway = await startHttpGateway({
      targets: [{ ...target, credential }],
      tls: true,
      http: { layers: [createKubernetes()] },
    });
    const { user, password } = await gateway.grant();
    await writeConfig(env('direct')['KUBECONFIG']!, `https://127.0.0.1:${cluster.port}`, cluster.caFile, cluster.token);
    const url = `https://127.0.0.1:${gateway.port}/t/prod`;
    await writeConfig(env('gateway')['KUBECONFIG']!, url, gateway.caFile ?? '', `${user}.${password}`);
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  for (const kubectl of KUBECTLS) {
    for (const [what, words, input] of CASES) {
      test(`${what}, of ${kubectl}`, async () => {
        const [direct, through] = await Promise.all(
          ['direct', 'gateway'].map(async (way) => {
            const said = words.split(' ').map((word) => word.replaceAll('{way}', way));
            const follows = words.startsWith('logs -f');
            const text = follows
              ? await firstLines(kubectl, said, env(way), 2)
              : await run(kubectl, said, env(way), input?.(way) ?? '');
            return text.replaceAll(way, 'WAY').replaceAll(/ \d+[smh]\n/g, ' AGE\n');
          }),
        );
        assert.equal(through, direct);
        assert.notEqual(direct, '');
      });
    }

    test(`a folder that is copied there and back, of ${kubectl}`, async () => {
      const from = await mkdtemp(join(directory, 'copied-'));
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 251));
      await writeFile(join(from, 'bytes'), bytes);
      await run(kubectl, ['cp', from, `web:${from}-there`], env('gateway'), '');
      await run(kubectl, ['cp', `web:${from}-there`, `${from}-back`], env('gateway'), '');
      assert.ok((await readFile(join(`${from}-back`, 'bytes'))).equals(bytes));
    });

    test(`a port that is forwarded, of ${kubectl}`, async () => {
      const server = createServer((request, response) => response.end(`you asked for ${request.url}`));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const child = spawn(kubectl, ['port-forward', 'pod/web', `:${port}`], { env: env('gateway') });
      try {
        const told = await untilSaid(child.stdout, /127\.0\.0\.1:(\d+) ->/);
        const texts = ['/one', '/two', '/three'].map(async (path) =>
          (await fetch(`http://127.0.0.1:${told}${path}`)).text(),
        );
        assert.deepEqual(await Promise.all(texts), [
          'you asked for /one',
          'you asked for /two',
          'you asked for /three',
        ]);
      } finally {
        child.kill();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    });

    test(`a terminal, of ${kubectl}`, async () => {
      const words = [kubectl, 'exec', '-it', 'web', '--', 'sh', '-c', 'tty>/dev/null&&echo${IFS}yes'].map(
        (word) => `'${word}'`,
      );
      const text = await run('script', ['-qec', words.join(' '), '/dev/null'], env('gateway'), '');
      assert.match(text, /yes\r\n/);
    });
  }
});

async function run(
  program: string,
  words: readonly string[],
  env: Record<string, string>,
  input: string,
): Promise<string> {
  return runProgram(program, [...words], { env, input });
}

/** What a program that does not end by itself says first. */
async function firstLines(
  program: string,
  words: readonly string[],
  env: Record<string, string>,
  lines: number,
): Promise<string> {
  const child = spawn(program, words, { env });
  try {
    const [text] = await untilMatch(child.stdout, new RegExp(`^(?:.*\\n){${lines}}`));
    return text ?? '';
  } finally {
    child.kill();
  }
}

async function untilSaid(stream: Readable, pattern: RegExp): Promise<string> {
  return (await untilMatch(stream, pattern))[1] ?? '';
}

/** Goes on reading afterwards: a program that writes to nobody ends. */
function untilMatch(stream: Readable, pattern: RegExp): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (piece: Buffer) => {
      text += String(piece);
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
    stream.once('end', () => reject(new Error(`it ended, and said: ${text}`)));
  });
}

async function writeConfig(path: string, server: string, ca: string, token: string): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'default' } }],
    'current-context': 'x',
  };
  await writeFile(path, JSON.stringify(config));
}

async function startCluster(directory: string): Promise<Cluster> {
  const real = process.env['CHAPERONE_TEST_KUBERNETES'];
  if (real !== undefined) {
    const { port, caFile, token } = JSON.parse(real) as Omit<Cluster, typeof Symbol.asyncDispose>;
    return { port, caFile, token, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const authority = await makeAuthority('A test authority of a cluster');
  const issued = await authority.issue({ commonName: '127.0.0.1', names: ['127.0.0.1', 'localhost'] });
  const caFile = join(directory, 'cluster-ca.pem');
  await writeFile(caFile, authority.certificate);
  const token = 'cluster-t0ken-91c4';
  const double = await startApiServerDouble({ token, tls: issued, log: ['one', 'two', 'three'] });
  plantPod(double);
  return { port: double.port, caFile, token, [Symbol.asyncDispose]: () => double[Symbol.asyncDispose]() };
}
