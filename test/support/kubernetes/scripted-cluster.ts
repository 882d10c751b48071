/** A gateway in this process before a server that answers as a test says: API servers' words, and no state. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TargetName } from '../../../src/model/ids.ts';
import { LIMITS } from '../../../src/model/limits.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { createKubernetes } from '../../../src/protocols/kubernetes/kubernetes.ts';
import { classesOfCluster } from '../../../src/targets/kubernetes-target.ts';
import type { FakeApprovals } from '../fake-approvals.ts';
import type { TestGateway, TestGatewayOptions, TestTarget } from '../gateway.ts';
import { startHttpGateway } from '../http-gateway.ts';

export interface AskedOfCluster {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** JSON that is answered with 200, another status, or nothing where it answered by itself. */
export type Script = (asked: AskedOfCluster, response: ServerResponse) => unknown;

export interface ScriptedCluster extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly asked: readonly AskedOfCluster[];
  /** What lets in, as a header. */
  readonly authorization: string;
  /** The target's address at the gateway, without a slash at its end. */
  readonly url: string;
  ask(path: string, init?: RequestInit): Promise<Response>;
  text(path: string, init?: RequestInit): Promise<string>;
}

export interface ScriptedClusterOptions {
  readonly script: Script;
  readonly policies?: readonly Policy[];
  readonly target?: Partial<Omit<TestTarget, 'name'>>;
  readonly approvals?: FakeApprovals;
  readonly budgets?: TestGatewayOptions['budgets'];
}

export async function startScriptedCluster(options: ScriptedClusterOptions): Promise<ScriptedCluster> {
  const { script, policies, approvals, budgets } = options;
  const asked: AskedOfCluster[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body };
      asked.push(one);
      const answer = script(one, response);
      if (answer === undefined) return;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = await startHttpGateway({
    targets: [{ ...clusterTarget(port), ...options.target }],
    ...(policies === undefined ? {} : { policies }),
    ...(approvals === undefined ? {} : { approvals }),
    ...(budgets === undefined ? {} : { budgets }),
    http: { layers: [createKubernetes()] },
  });
  const { user, password } = await gateway.grant();
  const authorization = `Bearer ${user}.${password}`;
  const url = `http://127.0.0.1:${gateway.port}/t/prod`;
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { authorization, ...(init.headers as Record<string, string>) } });
  return {
    gateway,
    asked,
    authorization,
    url,
    ask,
    text: async (path, init) => (await ask(path, init)).text(),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function clusterTarget(port: number): TestTarget {
  return {
    name: 'prod' as TargetName,
    protocol: 'kubernetes',
    address: { host: '127.0.0.1', port },
    tls: { mode: 'disable' },
    labels: {},
    classified: classesOfCluster({ secretResources: [] }),
    recordMode: 'batched',
    storedReplyBytes: LIMITS.storedReplyBytes,
    http: { basePath: '', hosts: [], version: '1.1' },
    kubernetes: { secretResources: [] },
    credential: { user: '', http: { kind: 'none' } },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
