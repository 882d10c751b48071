import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrantId, RunId, SessionId } from '../../../model/ids.ts';
import { OwnConnection } from './own-connection.ts';
import type { Answered, OwnServices } from './own-tools.ts';

const data = (tool: string): Promise<Answered> => Promise.resolve({ kind: 'data', data: { tool } });
const SERVICES: OwnServices = {
  listTargets: () => data('list_targets'),
  query: () => Promise.resolve({ kind: 'refused', why: 'no', data: { code: 'policy-denied' } }),
  explain: () => data('explain'),
  run: () => data('run'),
  requestStatement: (_asker, query) => data(`asked for ${query.sql}`),
  requestTarget: (_asker, { target }) => data(`asked for ${target}`),
  approval: (_asker, id) => data(id),
};

async function ask(message: object, method = 'POST'): Promise<{ status: number; json: Record<string, unknown> }> {
  const asker = { grant: 'grt_1' as GrantId, run: 'run_1' as RunId, session: 'ses_1' as SessionId };
  await using connection = new OwnConnection(SERVICES, asker);
  const text = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const body = (async function* () {
    yield await Promise.resolve(text);
  })();
  const place = { method, scheme: 'http', authority: 'chaperone', target: '/', fields: [] } as const;
  const reply = await connection.send({ ...place, length: text.length, body }, new AbortController().signal);
  const bytes = await reply.body.read();
  return {
    status: reply.head.status,
    json: bytes === null ? {} : (JSON.parse(String(bytes)) as Record<string, unknown>),
  };
}

test('an older client is greeted in its own revision', async () => {
  const { json } = await ask({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } });
  assert.equal((json['result'] as { protocolVersion: string }).protocolVersion, '2025-06-18');
});

test('a list says to a client of 2026-07-28 for how long and for whom it is good', async () => {
  const params = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
  const { json } = await ask({ id: 1, method: 'tools/list', params });
  const { ttlMs, cacheScope, resultType } = json['result'] as Record<string, unknown>;
  assert.deepEqual([ttlMs, cacheScope, resultType], [0, 'private', 'complete']);
});

test('what is refused is a result with isError and the refusal as data', async () => {
  const given = { name: 'query', arguments: { target: 'people', sql: 'SELECT 1' } };
  const { json } = await ask({ id: 1, method: 'tools/call', params: given });
  assert.deepEqual(json['result'], {
    content: [{ type: 'text', text: 'no' }],
    structuredContent: { code: 'policy-denied' },
    isError: true,
  });
});

test('a query takes SQL or a request, and not both', async () => {
  const both = { target: 'people', sql: 'SELECT 1', http: { path: '/' } };
  const { json } = await ask({ id: 1, method: 'tools/call', params: { name: 'query', arguments: both } });
  const { content } = json['result'] as { content: unknown };
  assert.deepEqual(content, [
    { type: 'text', text: 'query takes a `target`, and either `sql` or `http` with a `path`' },
  ]);
});

test('a tool that is not there is an error, also where its name is one of every object', async () => {
  const { json } = await ask({ id: 1, method: 'tools/call', params: { name: 'toString' } });
  assert.equal((json['error'] as { code: number }).code, -32602);
});

test('notifications are heard, and other methods than POST are not for this', async () => {
  assert.equal((await ask({ method: 'notifications/initialized' })).status, 202);
  assert.equal((await ask({}, 'GET')).status, 405);
});
