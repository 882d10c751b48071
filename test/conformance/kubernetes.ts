import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../src/model/secret.ts';
import { createKubernetes } from '../../src/protocols/kubernetes/kubernetes.ts';
import { makeAuthority } from '../support/certificates.ts';
import { startHttpGateway } from '../support/http-gateway.ts';
import { type ApiServerDouble, startApiServerDouble } from '../support/kubernetes/api-server-double.ts';
import { plantPod } from '../support/kubernetes/cluster-gateway.ts';
import { clusterTarget } from '../support/kubernetes/scripted-cluster.ts';
import { http, logInWith } from './http.ts';
import { GREETING, REQUESTS } from './kubernetes-requests.ts';
import type { ProtocolUnderTest, ServerUnderTest } from './protocol-under-test.ts';

const CREDENTIAL = { user: 'gateway_login', password: 'cr3d-c4n4ry-5e1f0a92' };

/** A cluster's API over HTTP/1.1, through the forward proxy as HTTP's own suite, before the double of an API server. */
export function kubernetes(tls: boolean): ProtocolUnderTest {
  return {
    ...http(tls),
    name: `Kubernetes ${tls ? 'over TLS' : 'without TLS'}`,
    startServer: () => startServer(tls),
    startGateway: (options) => startHttpGateway({ ...options, http: { layers: [createKubernetes()] } }),
    logIn: (login) => logInWith(login, GREETING),
    requests: REQUESTS,
  };
}

async function startServer(tls: boolean): Promise<ServerUnderTest> {
  const authority = tls ? await makeAuthority('A test authority of a cluster') : undefined;
  const issued = await authority?.issue({ commonName: '127.0.0.1', names: ['127.0.0.1', 'localhost'] });
  const mail = `${REQUESTS.canary}@planted.test`;
  const double = await startApiServerDouble({
    token: CREDENTIAL.password,
    log: [`a line with ${mail} in it`, 'and one without'],
    ...(issued === undefined ? {} : { tls: issued }),
  });
  plant(double, mail);
  const { port } = double;
  const host = '127.0.0.1';
  const caFile = join(tmpdir(), `conformance-kubernetes-ca-${process.pid}-${port}.pem`);
  if (authority !== undefined) await writeFile(caFile, authority.certificate);
  return {
    host,
    port,
    credential: CREDENTIAL,
    direct: { host, port, ...CREDENTIAL, target: 'shop', ...(authority === undefined ? {} : { caFile }) },
    target: (at = { host, port }, { classified: _ofTables, ...settings } = {}) => ({
      ...clusterTarget(at.port),
      ...settings,
      name: 'shop' as never,
      address: at,
      ...(authority === undefined ? {} : { tls: { mode: 'verify-full', ca: authority.certificate } as const }),
      credential: { user: '', http: { kind: 'bearer', token: new Secret(CREDENTIAL.password) } },
    }),
    executed: () => Promise.resolve(double.asked.join('\n')),
    refuseCredential: async (refuse) => {
      double.token = refuse ? 'another' : CREDENTIAL.password;
    },
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

function plant(double: ApiServerDouble, mail: string): void {
  const { objects } = double;
  const kinds = { apiVersion: 'v1', kind: 'ConfigMap' };
  for (const [name, data] of [
    ['keep', { a: '1' }],
    ['mail', { to: `Ada <${mail}>` }],
    ['permitted', { a: '1' }],
  ] as const) {
    objects.put('/api/v1/namespaces/default/configmaps', { ...kinds, metadata: { name }, data });
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', annotations: { note: mail } } };
  const data = { password: Buffer.from(REQUESTS.canary).toString('base64') };
  objects.put('/api/v1/namespaces/default/secrets', { ...secret, data });
  plantPod(double);
}
