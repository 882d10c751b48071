/**
 * Each route of the API for each role. A route that has no entry fails: whoever adds one says here who may use it.
 * Things that are named do not exist, so whoever may ask is told 404 or the like, and whoever may not is told 401 or 403
 * and learns nothing of what there is.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Answer, startApi, type TestApi } from '../../test/support/api.ts';
import type { Role } from '../model/person.ts';

const WHO = ['stranger', 'loggedIn', 'inGroup', 'approver', 'operator', 'auditor', 'admin'] as const;
type Who = (typeof WHO)[number];

interface Entry {
  /** Who is let in; the others get 401 (strangers) or 403. `everybody`: no login is asked for. */
  readonly who: readonly Who[] | 'everybody';
  readonly path?: string;
  readonly json?: unknown;
  /** The answer goes on for as long as its reader listens. */
  readonly streams?: true;
}

const ALL_ROLES: readonly Who[] = ['approver', 'operator', 'auditor', 'admin'];
const LOGGED_IN: readonly Who[] = ['loggedIn', 'inGroup', ...ALL_ROLES];
/** People in their browsers alone: these callers are people's tokens. */
const BROWSERS: readonly Who[] = [];
const DIGEST = '0'.repeat(64);
const FILES = [{ name: 'p.yaml', text: 'policies: []\n' }];

const ROUTES: Readonly<Record<string, Entry>> = {
  'GET /healthz': { who: 'everybody' },
  'GET /readyz': { who: 'everybody' },
  'GET /v1/gateway': { who: 'everybody' },
  'GET /v1/login': { who: 'everybody' },
  'GET /v1/login/start': { who: 'everybody' },
  'GET /login/callback': { who: 'everybody' },
  'GET /v1/login/first': { who: 'everybody', path: '/v1/login/first?code=x' },
  'POST /v1/login/device': { who: 'everybody', json: { name: 'x' } },
  'POST /v1/login/device/token': {
    who: 'everybody',
    json: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' },
  },
  'GET /v1/schemas/{name}': { who: 'everybody', path: '/v1/schemas/policies' },
  'GET /.well-known/oauth-authorization-server': { who: 'everybody' },
  'GET /oauth/authorize': { who: 'everybody' },
  'GET /v1/log/checkpoint': { who: 'everybody' },
  'GET /v1/log/witnessed': { who: 'everybody' },
  'POST /v1/log/keys': { who: ['admin'], json: { overlapDays: 0 } },
  'POST /v1/log/alarms/{alarm}/acknowledge': { who: ['admin'] },
  'GET /v1/log/tile/{*}': { who: 'everybody', path: '/v1/log/tile/0/000' },

  'GET /v1/me': { who: LOGGED_IN },
  'POST /v1/operator-tokens': {
    who: ['admin'],
    json: { name: 'x', scopes: ['log:read'], expiresAt: '2099-01-01T00:00:00.000Z' },
  },
  'GET /v1/operator-tokens': { who: LOGGED_IN },
  'DELETE /v1/operator-tokens/{token}': { who: LOGGED_IN },
  'GET /v1/login/device/{userCode}': { who: BROWSERS },
  'POST /v1/login/device/{userCode}': { who: BROWSERS, json: { answer: 'approve' } },
  'POST /v1/login/first-links': { who: ['admin'] },
  'GET /v1/people': { who: ['auditor', 'admin'] },
  'GET /v1/people/{person}': { who: ['auditor', 'admin'] },
  'PATCH /v1/people/{person}': { who: ['admin'], json: { localGroups: [] } },
  'DELETE /v1/people/{person}/sessions': { who: ['admin'] },

  'GET /v1/overview': { who: ALL_ROLES },
  'GET /v1/approvals': { who: ['inGroup', ...ALL_ROLES] },
  'GET /v1/approvals/{approval}': { who: ['inGroup', ...ALL_ROLES] },
  'POST /v1/approvals/{approval}/answer': {
    who: ['inGroup', 'approver', 'operator', 'admin'],
    json: { answer: 'approve', digest: DIGEST },
  },
  'GET /v1/runs': { who: ALL_ROLES },
  'GET /v1/runs/{run}': { who: ALL_ROLES },
  'GET /v1/runs/{run}/evidence': { who: ALL_ROLES },
  'GET /v1/runs/{run}/evidence/state': { who: ALL_ROLES },
  'GET /v1/evidence/keys': { who: ALL_ROLES },
  'POST /v1/audit-packs': {
    who: ['auditor', 'admin'],
    json: { from: '2026-01-01', to: '2026-01-02', control: 'none' },
  },
  'DELETE /v1/runs/{run}/bodies': { who: ['admin'], json: { reason: 'other' } },
  'GET /v1/erasures': { who: ['operator', 'auditor', 'admin'] },
  'GET /v1/holds': { who: ['operator', 'auditor', 'admin'] },
  'POST /v1/holds': { who: ['admin'], json: { run: 'run_none', reason: 'x' } },
  'DELETE /v1/holds/{hold}': { who: ['admin'], json: { reason: 'x' } },
  'GET /v1/retention/plan': { who: ['operator', 'auditor', 'admin'] },
  'POST /v1/retention/sweep': { who: ['admin'] },
  'GET /v1/retention/sweeps': { who: ['operator', 'auditor', 'admin'] },
  'GET /v1/sessions': { who: ALL_ROLES },
  'GET /v1/sessions/{session}': { who: ALL_ROLES },
  'POST /v1/sessions/{session}/end': { who: ['operator', 'admin'], json: { reason: 'x' } },
  'GET /v1/sessions/{session}/recording': { who: ['auditor', 'admin'] },
  'GET /v1/sessions/{session}/follow': { who: ['auditor', 'admin'] },
  'GET /v1/sessions/{session}/evidence': { who: ALL_ROLES },
  'GET /v1/statements': { who: ALL_ROLES },
  'GET /v1/events': { who: ['inGroup', ...ALL_ROLES], streams: true },
  'GET /v1/targets': { who: ALL_ROLES },
  'POST /v1/targets/{name}/check': { who: ['operator', 'admin'] },
  'POST /v1/targets/{name}/classify': { who: ['admin'] },
  'DELETE /v1/targets/{name}/inherited/{id}': { who: ['admin'] },
  'GET /v1/host-keys': { who: ALL_ROLES },
  'DELETE /v1/host-keys/{target}': { who: ['admin'] },
  'GET /v1/definitions': { who: ALL_ROLES },
  'GET /v1/definitions/{definition}': { who: ALL_ROLES },
  'GET /v1/definitions/{definition}/diff': {
    who: ALL_ROLES,
    path: `/v1/definitions/none/diff?from=${DIGEST}&to=${DIGEST}`,
  },
  'POST /v1/definitions/{definition}/accept': { who: ['approver', 'operator', 'admin'], json: { digest: DIGEST } },
  'POST /v1/definitions/{definition}/reject': { who: ['approver', 'operator', 'admin'], json: { digest: DIGEST } },
  'POST /v1/definitions/accept': {
    who: ['approver', 'operator', 'admin'],
    json: { forms: [{ definition: 'none', digest: DIGEST }] },
  },
  'POST /v1/apply': { who: ['admin'], json: { mode: 'plan', files: FILES } },
  'POST /v1/policies/check': { who: ['operator', 'auditor', 'admin'], json: { files: FILES } },
  'POST /v1/policies/try': { who: ['operator', 'auditor', 'admin'], json: { text: 'policies: []' } },
  'POST /v1/policies/explain': {
    who: ['operator', 'auditor', 'admin'],
    json: { statement: 'select 1', target: 'none' },
  },
  'POST /v1/policies/replay': { who: ['operator', 'auditor', 'admin'], json: { files: FILES } },
  'POST /v1/trust/check': { who: ['operator', 'auditor', 'admin'], json: { token: 'x' } },
  'GET /v1/configuration': { who: ['operator', 'auditor', 'admin'] },
  'GET /v1/configuration/{kind}/{name}': {
    who: ['operator', 'auditor', 'admin'],
    path: '/v1/configuration/policy/none',
  },
  'PUT /v1/configuration/{kind}/{name}': {
    who: ['admin'],
    path: '/v1/configuration/policy/none',
    json: { text: 'policies: []' },
  },
  'DELETE /v1/configuration/{kind}/{name}': { who: ['admin'], path: '/v1/configuration/policy/none' },
  'GET /v1/budgets': { who: ALL_ROLES },
  'DELETE /v1/budgets/{budget}': { who: ['admin'] },
  'GET /v1/grants': { who: ['operator', 'auditor', 'admin'] },
  'DELETE /v1/grants/{grant}': { who: ['operator', 'admin'] },
  'DELETE /v1/grants/{grant}/targets/{target}': { who: ['operator', 'admin'] },
  'GET /v1/log': { who: ALL_ROLES },
  'GET /v1/log/entries': { who: ALL_ROLES },
  'POST /v1/log/verify': { who: ALL_ROLES },
  'GET /metrics': { who: ALL_ROLES },
  'GET /v1/exports': { who: ALL_ROLES },
  'POST /v1/exports/{name}/replay': { who: ['admin'], json: { from: 0 } },
  'GET /v1/channels': { who: ['operator', 'auditor', 'admin'] },
  'POST /v1/channels/{name}/test': { who: ['admin'] },
  'GET /v1/deliveries': { who: ['operator', 'auditor', 'admin'] },
  'POST /v1/deliveries/{delivery}/retry': { who: ['admin'] },
  'POST /v1/logout': { who: LOGGED_IN },
};

/** Doors that ask for something else than a login, each with tests of its own. */
const OTHER_PROOF: Readonly<Record<string, string>> = {
  'POST /oauth/token': 'a CI token, or a grant and its secret',
  'POST /v1/runs/{run}/close': 'the grant of that run and its secret',
  'GET /v1/runs/{run}/attach': 'the grant of that run, its secret and a proof of its key',
  'GET /v1/runs/{run}/servers/{target}': 'the grant of that run, its secret and a proof of its key',
  'GET /v1/carrier/{target}': 'a grant of that target, its secret and a proof of its key',
  'POST /v1/login/first': 'a one-time code, from a page of ours',
  'POST /v1/channels/slack/{channel}/interactions': "Slack's signature",
};

describe('each route for each role', () => {
  let api: TestApi;
  let routes: readonly string[];
  const auth = new Map<Who, string>();

  before(async () => {
    api = await startApi();
    const { json } = await api.call('GET', '/openapi.json');
    const paths = Object.entries(json['paths'] as Record<string, object>);
    routes = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    auth.set('loggedIn', await api.person('somebody', {}));
    auth.set('inGroup', await api.person('member', { groups: ['dba'] }));
    for (const role of ['approver', 'operator', 'auditor', 'admin'] satisfies Role[]) {
      auth.set(role, await api.person(role, { roles: [role] }));
    }
  });
  after(() => api[Symbol.asyncDispose]());

  const statusOf = async (route: string, who: Who): Promise<number> => {
    const [method = '', template = ''] = route.split(' ');
    const { path = template.replaceAll(/\{\w+\}/g, 'none'), json, streams } = ROUTES[route] ?? { path: template };
    const caller = auth.get(who);
    const headers = { 'if-match': '"1"' };
    const options = { headers, ...(caller ? { auth: caller } : {}), ...(json === undefined ? {} : { json }) };
    if (!streams) return paced(() => api.call(method, path, options));
    await using listener = await api.listen(path, options);
    return listener.status;
  };

  test('every route says who may use it, and no other is spoken of', () => {
    assert.deepEqual([...routes].sort(), [...Object.keys(ROUTES), ...Object.keys(OTHER_PROOF)].sort());
  });

  test('an approver sees of a run what was asked and decided, and not what it carried', async () => {
    const client = await api.connect(await api.grant());
    await client.query("select email from people where email = 'a private thing'");
    await client.end();
    const [approver, auditor] = [
      await api.person('reader', { roles: ['approver'] }),
      await api.person('checker', { roles: ['auditor'] }),
    ];
    const statements = async (caller: string) => {
      const { json } = await api.call('GET', '/v1/statements', { auth: caller });
      return json['statements'] as { session: string; text: string; tables: string[]; decision: string }[];
    };
    const [[seen], [read]] = [await statements(approver), await statements(auditor)];
    assert.deepEqual([seen?.text, seen?.tables, seen?.decision], ['', ['public.people'], 'permit']);
    assert.equal(read?.text, "select email from people where email = 'a private thing'");
    for (const path of ['/v1/statements?text=private', `/v1/sessions/${seen?.session}/recording`]) {
      assert.equal((await api.call('GET', path, { auth: approver })).status, 403, path);
    }
    for (const path of ['evidence', '']) {
      const { text } = await api.call('GET', `/v1/sessions/${seen?.session}/${path}`, { auth: approver });
      assert.equal(text.includes('a private thing'), false, path);
    }
  });

  for (const [route, { who }] of Object.entries(ROUTES)) {
    test(`${route}: ${who === 'everybody' ? who : who.join(', ') || 'people in their browsers'}`, async () => {
      for (const one of WHO) {
        const status = await statusOf(route, one);
        const mayPass = who === 'everybody' || who.includes(one);
        if (mayPass) assert.ok(status !== 401 && status !== 403 && status < 500, `${one} gets ${status}`);
        else assert.equal(status, one === 'stranger' ? 401 : 403, `${one} gets ${status}`);
      }
    });
  }
});

/** All these calls come from one address, which the gateway holds back: it says for how long. */
async function paced(call: () => Promise<Answer>): Promise<number> {
  for (;;) {
    const { status, headers } = await call();
    if (status !== 429) return status;
    await setTimeout(Number(headers['retry-after']) * 1000);
  }
}
