import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { type Script, startScriptedCluster } from '../../../test/support/kubernetes/scripted-cluster.ts';
import type { Policy } from '../../policy/policy.ts';
import { lineDiff } from './line-diff.ts';

const HELD: Policy = {
  ...PERMIT_ALL,
  name: 'people',
  operations: ['write'],
  approve: { group: 'ops', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
};
const READ: Policy = { ...PERMIT_ALL, name: 'reading', operations: ['read'] };

const deployment = (replicas: number, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', resourceVersion: '7', generation: 3, managedFields: [{ manager: 'x' }], ...more },
  spec: { replicas },
  status: { readyReplicas: 3 },
});

const PATH = '/apis/apps/v1/namespaces/shop/deployments/web';
const scaled = {
  method: 'PATCH',
  body: JSON.stringify({ spec: { replicas: 0 } }),
  headers: { 'content-type': 'application/merge-patch+json' },
};

async function asked(
  script: Script,
  path: string,
  init: RequestInit,
  act: (approvals: FakeApprovals) => Promise<void>,
) {
  const approvals = new FakeApprovals();
  await using cluster = await startScriptedCluster({ script, approvals, policies: [HELD, READ] });
  const answer = cluster.ask(path, init);
  await act(approvals);
  const response = await answer;
  return { response, text: await response.text(), cluster };
}

describe('what a held request would change', () => {
  test('is told as a difference to the live object, and nothing of it is done before it is approved', async () => {
    let isDone = false;
    const script: Script = ({ method, url }) => {
      if (method === 'PATCH' && !url.includes('dryRun=All')) isDone = true;
      return deployment(method === 'PATCH' ? 0 : 3);
    };
    const { response, cluster } = await asked(script, PATH, scaled, async (approvals) => {
      const approval = await approvals.nth(0);
      const estimate = await approval.described;
      assert.equal(estimate.kind, 'planned');
      assert.equal(
        estimate.statements[0]?.plan,
        [' metadata:', '   name: web', ' spec:', '-  replicas: 3', '+  replicas: 0', ' status:', '   readyReplicas: 3']
          .join('\n')
          .replace(' metadata', '@@ line 3 @@\n metadata'),
      );
      assert.equal(isDone, false);
      approval.approve();
    });
    assert.equal(response.status, 200);
    assert.equal(isDone, true);
    assert.deepEqual(
      cluster.asked.map(({ method, url }) => `${method} ${url}`),
      [`GET ${PATH}`, `PATCH ${PATH}?dryRun=All`, `GET ${PATH}`, `PATCH ${PATH}`],
    );
  });

  test('is void where the object has become another meanwhile, and is not where only its status has', async () => {
    for (const [now, status] of [
      [deployment(5), 409],
      [{ ...deployment(3, { resourceVersion: '9' }), status: { readyReplicas: 1 } }, 200],
    ] as const) {
      let isAnswered = false;
      const script: Script = ({ method }) => (method === 'PATCH' ? deployment(0) : isAnswered ? now : deployment(3));
      const { response, text, cluster } = await asked(script, PATH, scaled, async (approvals) => {
        const approval = await approvals.nth(0);
        await approval.described;
        isAnswered = true;
        approval.approve();
      });
      assert.equal(response.status, status, text);
      if (status === 409) assert.match(text, /"reason":"Conflict".*approval-void/);
      assert.equal(
        cluster.asked.some(({ method, url }) => method === 'PATCH' && url === PATH),
        status === 200,
      );
    }
  });

  test('is void as well where the request is made again once it is approved', async () => {
    for (const [now, status] of [
      [deployment(5), 409],
      [deployment(3), 200],
    ] as const) {
      const approvals = new FakeApprovals();
      let isAnswered = false;
      const script: Script = ({ method }) => (method === 'PATCH' ? deployment(0) : isAnswered ? now : deployment(3));
      const options = { script, approvals, policies: [HELD, READ] };
      const left = { ...scaled, headers: { ...scaled.headers, prefer: 'wait=1' } };
      await using one = await startScriptedCluster(options);
      const asked = one.ask(PATH, left);
      await (await approvals.nth(0)).described;
      assert.equal((await asked).status, 403);
      isAnswered = true;
      approvals.asked[0]?.approve();
      const again = await one.ask(PATH, scaled);
      assert.equal(again.status, status, await again.text());
      assert.equal(approvals.asked.length, 1);
      assert.equal(again.headers.has('warning'), status === 200);
    }
  });

  test('shows of a Secret which keys change, and none of their values', async () => {
    const secret = (pass: string, user: string) => ({ kind: 'Secret', metadata: { name: 'db' }, data: { pass, user } });
    const script: Script = ({ method }) =>
      method === 'PATCH' ? secret('bmV3LXBhc3M=', 'YWRh') : secret('b2xkLXBhc3M=', 'YWRh');
    const path = '/api/v1/namespaces/shop/secrets/db';
    await asked(script, path, { ...scaled, body: '{"data":{"pass":"bmV3LXBhc3M="}}' }, async (approvals) => {
      const approval = await approvals.nth(0);
      const { statements } = await approval.described;
      assert.match(statements[0]?.plan ?? '', /^-  pass: "?\[masked 1\]"?\n\+  pass: "?\[masked 3\]"?$/m);
      assert.doesNotMatch(JSON.stringify(statements), /bmV3|b2xk|YWRh/);
      approval.approve();
    });
  });

  test('counts and names what a delete of many would take', async () => {
    const script: Script = ({ method }) =>
      method === 'GET'
        ? { kind: 'PodList', items: ['a', 'b'].map((name) => ({ metadata: { name, namespace: 'shop' } })) }
        : {};
    await asked(
      script,
      '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb',
      { method: 'DELETE' },
      async (approvals) => {
        const approval = await approvals.nth(0);
        const { statements } = await approval.described;
        assert.deepEqual([statements[0]?.rows, statements[0]?.plan], [2, '-shop/a\n-shop/b']);
        approval.approve();
      },
    );
  });

  test('of a server that is not of Kubernetes’ own is not tried', async () => {
    const script: Script = () => ({ kind: 'Thing', metadata: { name: 'x' } });
    const { cluster } = await asked(script, '/apis/example.com/v1/things/x', scaled, async (approvals) => {
      const approval = await approvals.nth(0);
      assert.match((await approval.described).statements[0]?.why ?? '', /tried only where the rule says so/);
      approval.approve();
    });
    assert.ok(cluster.asked.every(({ url }) => !url.includes('dryRun')));
  });
});

describe('a difference of lines', () => {
  const CASES: readonly (readonly [string, string, string, string])[] = [
    ['nothing of the same', 'a\nb\n', 'a\nb\n', ''],
    ['all of what is new', '', 'a\nb\n', '@@ line 1 @@\n+a\n+b'.replace('@@ line 1 @@\n', '')],
    ['all of what goes', 'a\n', '', '-a'],
    ['a line in the middle', 'a\nb\nc', 'a\nx\nc', ' a\n-b\n+x\n c'],
    ['what is moved', 'a\nb\nc', 'b\nc\na', '-a\n b\n c\n+a'],
  ];
  for (const [what, before, after, expected] of CASES) {
    test(`says ${what}`, () => assert.equal(lineDiff(before, after), expected));
  }

  test('leaves out what is far from any change', () => {
    const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`);
    const other = lines.with(10, 'changed');
    assert.equal(
      lineDiff(lines.join('\n'), other.join('\n')),
      '@@ line 8 @@\n line 7\n line 8\n line 9\n-line 10\n+changed\n line 11\n line 12\n line 13',
    );
  });
});
