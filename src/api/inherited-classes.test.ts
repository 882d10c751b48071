import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

const POLICIES = `
  - name: builders build
    principals: any
    targets: [people]
    operations: [any]
    effect: permit
    mask: [email]
`;

let api: TestApi;

before(async () => {
  // By column and by nothing else: no detector knows this for an address.
  const sql = "UPDATE people SET email = 'ada at home'; CREATE TABLE mailing (address text);";
  api = await startApi({ policies: POLICIES, sql });
});

after(() => api[Symbol.asyncDispose]());

interface Inherited {
  readonly id: string;
  readonly session: string;
  readonly run: string;
  readonly at: string;
}

async function inherited(): Promise<readonly Inherited[]> {
  const { json } = await api.call('GET', '/v1/targets', { auth: api.admin });
  const [target] = json['targets'] as { readonly inherited: readonly Inherited[] }[];
  return target?.inherited ?? [];
}

/** What the log says of it, once the next checkpoint shows it. */
async function noted(): Promise<unknown> {
  for (;;) {
    const { json } = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
    const entries = json['entries'] as { readonly kind: string; readonly text: string }[];
    const note = entries.find(({ kind }) => kind === 'class.inherited');
    if (note !== undefined) return (JSON.parse(note.text) as { readonly detail: unknown }).detail;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a column that is copied into is masked for sessions that were open before, and its class is told and taken back', async () => {
  const reader = await api.connect(await api.grant());
  const copier = await api.connect(await api.grant());
  try {
    const read = async () => (await reader.query('select address from mailing')).rows as unknown[];
    assert.deepEqual(await read(), []);
    await copier.query('insert into mailing select email from people');
    assert.deepEqual(await read(), [{ address: '[redacted]' }]);

    const [first, ...others] = await inherited();
    assert.deepEqual(others, []);
    const { id = '', session = '', run = '', at = '', ...told } = first ?? {};
    assert.deepEqual(told, {
      column: 'public.mailing.address',
      class: 'email',
      from: ['public.people.email'],
      exchange: 1,
    });
    assert.match(`${id} ${session} ${run}`, /^cls_\w{26} ses_\w{26} run_\w{26}$/);
    assert.ok(!Number.isNaN(Date.parse(at)));
    assert.deepEqual(await noted(), { target: 'people', classes: 'email', columns: 1, exchange: 1, run, session });

    const auditor = await api.person('eve', { roles: ['auditor'] });
    const path = `/v1/targets/people/inherited/${id}`;
    assert.equal((await api.call('DELETE', path, { auth: auditor })).status, 403);
    assert.deepEqual((await api.call('DELETE', path, { auth: api.admin })).json, { id, deleted: true });
    assert.equal((await api.call('DELETE', path, { auth: api.admin })).status, 404);
    assert.deepEqual(await inherited(), []);
    assert.deepEqual(await read(), [{ address: 'ada at home' }]);
  } finally {
    await reader.end();
    await copier.end();
  }
});

test('a temporary copy is masked in its session, and is nobody else’s business', async () => {
  const client = await api.connect(await api.grant());
  try {
    await client.query('create temp table mine as select email as address from people');
    assert.deepEqual((await client.query('select address from mine')).rows, [{ address: '[redacted]' }]);
    assert.deepEqual(await inherited(), []);
  } finally {
    await client.end();
  }
});
