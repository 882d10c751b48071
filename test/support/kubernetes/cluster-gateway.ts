/** A gateway in this process before the double of an API server, with a pod `web`. */
import { Secret } from '../../../src/model/secret.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { createKubernetes } from '../../../src/protocols/kubernetes/kubernetes.ts';
import type { TestGateway, TestGatewayOptions } from '../gateway.ts';
import { startHttpGateway } from '../http-gateway.ts';
import { type ApiServerDouble, type ApiServerDoubleOptions, startApiServerDouble } from './api-server-double.ts';
import { clusterTarget } from './scripted-cluster.ts';
import { type StreamAsk, StreamClient } from './stream-client.ts';

export const CLUSTER_TOKEN = 'cluster-t0ken-91c4';

export interface ClusterGateway extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly cluster: ApiServerDouble;
  readonly authorization: string;
  readonly url: string;
  /** A command in the pod `web`, over the protocol, with these streams. */
  exec(protocol: string, words: readonly string[], streams?: string): Promise<StreamClient>;
  /** A stream of the pod: `portforward`, `attach?stdin=true`. */
  stream(asked: Omit<StreamAsk, 'port' | 'authorization' | 'upgrade'>): StreamClient;
}

export interface ClusterGatewayOptions extends Partial<Omit<TestGatewayOptions, 'targets' | 'listen'>> {
  readonly policies?: readonly Policy[];
  readonly double?: Partial<ApiServerDoubleOptions>;
}

export async function startClusterGateway({ double, ...options }: ClusterGatewayOptions = {}): Promise<ClusterGateway> {
  const cluster = await startApiServerDouble({ token: CLUSTER_TOKEN, ...double });
  plantPod(cluster);
  const gateway = await startHttpGateway({
    ...options,
    targets: [clusterDoubleTarget(cluster.port)],
    http: { layers: [createKubernetes()] },
  });
  const { user, password } = await gateway.grant();
  const authorization = `Bearer ${user}.${password}`;
  const { port } = gateway;
  const stream = (asked: Omit<StreamAsk, 'port' | 'authorization' | 'upgrade'>): StreamAsk => ({
    port,
    authorization,
    upgrade: asked.protocol.startsWith('spdy ') ? 'spdy/3.1' : 'websocket',
    ...asked,
    protocol: asked.protocol.replace(/^spdy /, ''),
    path: `/t/prod/api/v1/namespaces/default/pods/web/${asked.path}`,
  });
  return {
    gateway,
    cluster,
    authorization,
    url: `http://127.0.0.1:${port}/t/prod`,
    exec: (protocol, words, streams = 'stdout=true&stderr=true') => {
      const command = words.map((word) => `command=${encodeURIComponent(word)}`).join('&');
      return StreamClient.command(stream({ protocol, path: `exec?${command}&${streams}` }));
    },
    stream: (asked) => new StreamClient(stream(asked)),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

export function clusterDoubleTarget(port: number) {
  const credential = { user: '', http: { kind: 'bearer', token: new Secret(CLUSTER_TOKEN) } } as const;
  return { ...clusterTarget(port), credential };
}

export function plantPod({ objects }: ApiServerDouble): void {
  objects.put('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'example.com/web:1' }] },
    status: { phase: 'Running', podIP: '127.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}
