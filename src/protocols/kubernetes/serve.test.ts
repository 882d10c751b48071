import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import {
  type AskedOfCluster,
  clusterTarget,
  type ScriptedCluster,
  startScriptedCluster,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import type { KubernetesFacts } from '../../model/kubernetes.ts';
import { Secret } from '../../model/secret.ts';
import type { Policy } from '../../policy/policy.ts';
import { openStore } from '../../store/store.ts';
import { credentialsOf } from '../http/credentials/credentials.ts';
import { Tokens } from '../http/credentials/tokens.ts';
import { dialHttp } from '../http/dial-http.ts';
import { HttpUpstream } from '../http/upstream.ts';
import { checkCluster } from './check.ts';

const rule = (more: Partial<Policy>): Policy => ({ ...PERMIT_ALL, name: 'a rule', ...more });

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { hostNetwork: true, containers: [{ name: 'c', image: 'registry.example.com/web:1' }] },
};

const PEOPLE = { group: 'ops', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };

interface Told {
  readonly kind: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly code: number;
  readonly details: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes: readonly { readonly reason: string }[];
  };
}

describe('a request to a cluster', () => {
  let cluster: ScriptedCluster;
  before(async () => {
    cluster = await startScriptedCluster({
      script: ({ body }, response) => {
        if (!body.includes('Lost')) return { kind: 'Status', status: 'Success' };
        response.destroy();
        return undefined;
      },
      target: {
        kubernetes: {
          secretResources: [],
          impersonate: {
            user: 'chaperone:{run}',
            groups: ['ci', 'repo:{subject}'],
            extra: { 'chaperone/run': '{run}' },
          },
        },
      },
      policies: [
        PERMIT_ALL,
        rule({
          name: 'no deleting in prod',
          effect: 'deny',
          kubernetes: { verbs: ['delete*'], namespaces: ['prod'] },
          reason: 'Ask.',
        }),
      ],
    });
  });
  after(() => cluster[Symbol.asyncDispose]());

  const last = (): AskedOfCluster => cluster.asked.at(-1) ?? assert.fail('nothing was asked');

  test('reaches the server as it is, and as the run that it is of', async () => {
    const response = await cluster.ask('/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    });
    assert.equal(response.status, 200);
    const { url, headers } = last();
    assert.equal(url, '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb');
    assert.match(String(headers['impersonate-user']), /^chaperone:run_\w+$/);
    assert.match(String(headers['impersonate-group']), /^ci, repo:/);
    assert.match(String(headers['impersonate-extra-chaperone%2frun']), /^run_\w+$/);
    assert.equal(headers.authorization, undefined);
  });

  test('is refused as a Status that says by which rule, and what to do', async () => {
    const asked = cluster.asked.length;
    const response = await cluster.ask('/apis/apps/v1/namespaces/prod/deployments/web', { method: 'DELETE' });
    assert.equal(response.status, 403);
    assert.equal(response.headers.get('content-type'), 'application/json');
    const told = (await response.json()) as Told;
    assert.deepEqual(told.details, {
      name: 'web',
      group: 'apps',
      kind: 'deployments',
      causes: [
        { reason: 'policy-denied', message: 'Ask.' },
        { reason: 'chaperone-rule', message: 'no deleting in prod' },
      ],
    });
    assert.equal(told.message, 'refused by Chaperone: Ask. (policy-denied, by the rule "no deleting in prod").');
    assert.deepEqual([told.kind, told.status, told.reason, told.code], ['Status', 'Failure', 'Forbidden', 403]);
    assert.equal(cluster.asked.length, asked);
    assert.equal((await cluster.ask('/api/v1/namespaces/prod/pods')).status, 200);
  });

  const REFUSED: readonly (readonly [string, number, string, string, RequestInit?])[] = [
    ['says who asks', 403, 'claim-invalid', '/api/v1/pods', { headers: { 'impersonate-user': 'admin' } }],
    [
      'says so by an extra field',
      403,
      'claim-invalid',
      '/api/v1/pods',
      { headers: { 'impersonate-extra-scopes': 'x' } },
    ],
    ['says so as a front proxy', 403, 'claim-invalid', '/api/v1/pods', { headers: { 'x-remote-user': 'admin' } }],
    ['has an empty segment', 400, 'protocol-malformed', '/api/v1//secrets'],
    ['has a semicolon in its query', 400, 'protocol-malformed', '/api/v1/pods?a=b;watch=true'],
    ['says a thing twice', 400, 'protocol-malformed', '/api/v1/pods?watch=0&watch=1'],
    [
      'names a member twice',
      400,
      'protocol-malformed',
      '/api/v1/namespaces/a/pods',
      sent('{"kind":"Pod","kind":"Job"}'),
    ],
    [
      'says that it is protobuf and is not',
      400,
      'protocol-malformed',
      '/api/v1/namespaces/a/pods',
      sent('k8s', 'application/vnd.kubernetes.protobuf'),
    ],
    [
      'is a patch in protobuf',
      415,
      'protocol-unsupported',
      '/api/v1/namespaces/a/pods/p',
      { ...sent('k8s', 'application/vnd.kubernetes.protobuf'), method: 'PATCH' },
    ],
    ['is CBOR', 415, 'protocol-unsupported', '/api/v1/namespaces/a/pods', sent('x', 'application/cbor')],
    [
      'is a patch of no known kind',
      415,
      'protocol-unsupported',
      '/api/v1/namespaces/a/pods/p',
      { ...sent('{}'), method: 'PATCH' },
    ],
    [
      'is longer than any object',
      413,
      'too-large',
      '/api/v1/namespaces/a/pods',
      sent(`{"a":"${'x'.repeat(3_200_000)}"}`),
    ],
  ];
  for (const [what, status, code, path, init] of REFUSED) {
    test(`is refused where it ${what}`, async () => {
      const asked = cluster.asked.length;
      const response = await cluster.ask(path, init);
      const told = (await response.json()) as Told;
      assert.equal(response.status, status, told.message);
      assert.equal(told.details.causes[0]?.reason, code);
      assert.equal(told.code, status);
      assert.equal(cluster.asked.length, asked);
    });
  }

  test('is not asked again by itself where its server is lost in the middle', async () => {
    const response = await cluster.ask('/api/v1/namespaces/shop/pods', sent('{"kind":"Lost"}'));
    const told = (await response.json()) as Told;
    assert.deepEqual([response.status, told.details.causes[0]?.reason], [502, 'upstream-unavailable']);
    assert.equal(response.headers.get('retry-after'), null);
  });

  test('that a connection refused goes on with another', async () => {
    assert.equal((await cluster.ask('/version')).status, 200);
    assert.equal(last().url, '/version');
  });
});

function sent(body: string, type = 'application/json'): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': type } };
}

describe('what people approve', () => {
  test('is a request with its object read, and goes on with a warning that says so', async () => {
    const approvals = new FakeApprovals();
    approvals.onAsked = (approval) => approval.approve();
    await using cluster = await startScriptedCluster({
      script: () => POD,
      approvals,
      policies: [
        PERMIT_ALL,
        rule({
          name: 'pods',
          effect: 'permit',
          kubernetes: { verbs: ['create'] },
          approve: PEOPLE,
        }),
      ],
    });
    const response = await cluster.ask('/api/v1/namespaces/shop/pods?dryRun=All', sent(JSON.stringify(POD)));
    assert.equal(response.status, 200, await response.text());
    const facts = approvals.asked[0]?.held.request.operations[0]?.kubernetes as KubernetesFacts;
    assert.deepEqual(facts, {
      verb: 'create',
      group: '',
      version: 'v1',
      resource: 'pods',
      namespace: 'shop',
      name: 'web',
      dryRun: true,
      object: POD,
      content: {
        kind: 'Pod',
        images: ['registry.example.com/web:1'],
        privileged: true,
        hostPaths: [],
        annotations: {},
        labels: { app: 'web' },
      },
    });
    assert.match(response.headers.get('warning') ?? '', /^299 - "Chaperone: approved by people, apr_\w+"$/);
  });

  test('is refused with the place where it was asked, once nobody answers', async () => {
    const approvals = new FakeApprovals();
    approvals.onAsked = (approval) => approval.deny('Not now.');
    await using cluster = await startScriptedCluster({
      script: () => POD,
      approvals,
      policies: [rule({ name: 'pods', approve: PEOPLE })],
    });
    const response = await cluster.ask('/api/v1/namespaces/shop/pods/web', { method: 'DELETE' });
    const told = (await response.json()) as Told;
    assert.equal(response.status, 403);
    assert.deepEqual(
      told.details.causes.map(({ reason }) => reason),
      ['approval-denied', 'chaperone-rule', 'chaperone-approval', 'chaperone-approval-url'],
    );
    assert.equal(cluster.asked.length, 0);
  });
});

describe('what a request calls itself', () => {
  const evil = { spec: { template: { spec: { containers: [{ name: 'web', image: 'evil' }] } } } };
  const deployment = '/apis/apps/v1/namespaces/shop/deployments/web';

  test('is no way around what stands in it: a list that is none, a trial that is none', async () => {
    await using cluster = await startScriptedCluster({
      script: () => ({}),
      policies: [
        rule({ name: 'trials', effect: 'permit', kubernetes: { dryRun: true } }),
        rule({ name: 'no evil', effect: 'deny', kubernetes: { content: { images: ['evil'] } } }),
      ],
    });
    const status = async (path: string, init: RequestInit): Promise<number> => {
      const response = await cluster.ask(path, init);
      await response.arrayBuffer();
      return response.status;
    };
    const trial = `${deployment}?dryRun=All`;
    const list = JSON.stringify({ kind: 'DeploymentList', items: [{}], ...evil });
    const own = JSON.stringify({ kind: 'ShoppingList', metadata: { name: 'a' }, items: [{}], ...evil });
    const patch = { ...sent(list, 'application/strategic-merge-patch+json'), method: 'PATCH' };
    assert.equal(await status(trial, { ...patch, body: '{"spec":{"paused":true}}' }), 200);
    assert.equal(await status(trial, patch), 403);
    assert.equal(await status('/apis/a.example.com/v1/shoppinglists?dryRun=All', sent(own)), 403);
    const token = '/api/v1/namespaces/shop/serviceaccounts/web/token?dryRun=All';
    assert.equal(await status(token, sent('{"kind":"TokenRequest","spec":{}}')), 403);
    const proxy = '/api/v1/namespaces/shop/services/web/proxy/admin?dryRun=All';
    assert.equal(await status(proxy, sent('{}')), 403);
    assert.equal(cluster.asked.length, 1);
  });
});

describe('a cluster that is tried', () => {
  const ANSWERS: readonly (readonly [number, object, RegExp | undefined])[] = [
    [200, { kind: 'APIVersions', versions: ['v1'] }, undefined],
    [401, { kind: 'Status' }, /does not take the credential \(401\)/],
    [403, { kind: 'Status' }, /discover nothing \(403\)/],
    [200, { hello: 'world' }, /does not answer as an API server does/],
  ];
  for (const [status, body, message] of ANSWERS) {
    test(`says ${message === undefined ? 'nothing of one that takes the credential' : String(message)}`, async () => {
      const server = createServer((_asked, response) => {
        response.statusCode = status;
        response.end(JSON.stringify(body));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const target = clusterTarget(port);
      const dial = (signal: AbortSignal) => dialHttp(target, undefined, signal);
      const credentials = credentialsOf({ user: '', http: { kind: 'bearer', token: new Secret('t') } }, new Tokens());
      const { signal } = new AbortController();
      try {
        await using upstream = new HttpUpstream(target, credentials, dial, await dial(signal));
        const checking = checkCluster(upstream, signal);
        await (message === undefined ? checking : assert.rejects(checking, message));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }
});

describe('what streams', () => {
  test('a watch that a budget ends, ends with an event that says so', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cluster-budget-'));
    try {
      await using store = await openStore({ file: join(directory, 'store.db') });
      await using budgets = new BudgetService({ store, onFault: (fault) => assert.fail(String(fault)) });
      await using cluster = await startScriptedCluster({
        budgets,
        policies: [{ ...PERMIT_ALL, limit: [{ measure: 'rowsRead', most: 2, per: 'statement' }] }],
        script: (_asked, response) => {
          response.setHeader('content-type', 'application/json');
          for (const name of ['a', 'b', 'c']) {
            response.write(`${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', metadata: { name } } })}\n`);
          }
          response.end();
          return undefined;
        },
      });
      const lines = (await cluster.text('/api/v1/pods?watch=true')).trim().split('\n');
      const events = lines.map((line) => JSON.parse(line) as { readonly type: string; readonly object: Told });
      assert.deepEqual(
        events.map(({ type }) => type),
        ['ADDED', 'ADDED', 'ERROR'],
      );
      assert.deepEqual([events[2]?.object.reason, events[2]?.object.code], ['TooManyRequests', 429]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('a watch whose server is lost ends with an event that says so, and the record does not say that it was whole', async () => {
    await using cluster = await startScriptedCluster({
      script: (_asked, response) => {
        response.setHeader('content-type', 'application/json');
        response.write(`${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'a' } } })}\n`);
        setImmediate(() => response.destroy());
        return undefined;
      },
    });
    const lines = (await cluster.text('/api/v1/pods?watch=true')).trim().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as { readonly type: string; readonly object: Told };
    assert.deepEqual([last.type, last.object.reason, last.object.code], ['ERROR', 'InternalError', 502]);
    const reply = (await recorded(cluster.gateway)).find(({ event }) => event.kind === 'reply')?.event;
    assert.ok(reply?.kind === 'reply');
    assert.deepEqual([reply.result?.status, reply.result?.code], ['unknown', 'upstream-closed']);
  });

  test('a log comes line by line while it is followed, each masked', async () => {
    const lines = ['one ada@example.com', 'two', 'three bob@example.com'];
    let next: (() => void) | undefined;
    await using cluster = await startScriptedCluster({
      policies: [{ ...PERMIT_ALL, mask: ['email'] }],
      script: (_asked, response) => {
        response.setHeader('content-type', 'text/plain');
        let at = 0;
        next = () => {
          const line = lines[at++];
          if (line === undefined) response.end();
          else response.write(`${line}\n`);
        };
        next();
        return undefined;
      },
    });
    const response = await cluster.ask('/api/v1/namespaces/shop/pods/web/log?follow=true');
    let seen = '';
    let told = 0;
    for await (const piece of response.body ?? []) {
      seen += Buffer.from(piece as Uint8Array).toString('utf8');
      // The next is written once this one was seen: a line does not wait for the one behind it.
      for (; told < seen.split('\n').length - 1; told++) next?.();
    }
    assert.equal(seen, 'one [redacted]\ntwo\nthree [redacted]\n');
  });

  test('of what is on record, the line has no name and no object of it', async () => {
    await using cluster = await startScriptedCluster({ script: () => POD });
    await cluster.text('/api/v1/namespaces/shop/pods', sent(JSON.stringify(POD)));
    const request = (await recorded(cluster.gateway)).find(({ event }) => event.kind === 'request');
    assert.match(request?.body.toString('latin1') ?? '', /^POST \/api\/v1\/namespaces\/shop\/pods HTTP\/1\.1\r\n/);
    const op = request !== undefined && 'op' in request.event ? request.event.op : [];
    assert.deepEqual(
      op.map(({ kubernetes }) => kubernetes),
      [{ verb: 'create', group: '', version: 'v1', resource: 'pods', namespace: 'shop' }],
    );
  });
});
