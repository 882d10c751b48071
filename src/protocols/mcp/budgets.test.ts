import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import type { Asked } from '../../../test/support/mcp/scripted-server.ts';
import { OLD, startScriptedWorld, type World } from '../../../test/support/mcp/scripted-world.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import type { Policy } from '../../policy/policy.ts';
import { openStore } from '../../store/store.ts';
import { rowsIn } from './message-rows.ts';

type Limit = NonNullable<Policy['limit']>[number];

const ASKS = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
const ROWS = Array.from({ length: 10 }, (_, id) => ({ id }));

describe('a budget over MCP', () => {
  const suite = {} as { directory: string; stores: number };
  before(async () => {
    suite.directory = await mkdtemp(join(tmpdir(), 'mcp-budgets-'));
    suite.stores = 0;
  });
  after(() => rm(suite.directory, { recursive: true, force: true }));

  /** Calls of `add` answer with ten rows, those of `wipe` with a stream of two logs before them. */
  async function open(limit: Limit, more: Partial<Policy> = {}) {
    await using parts = new AsyncDisposableStack();
    const store = parts.use(await openStore({ file: join(suite.directory, `${++suite.stores}.db`) }));
    const budgets = parts.use(new BudgetService({ store, onFault: (fault) => assert.fail(String(fault)) }));
    const approvals = new FakeApprovals();
    const policies = [{ ...PERMIT_ALL, limit: [limit], ...more }];
    const world = parts.use(await startScriptedWorld({ policies, budgets, approvals, script }));
    const opened = parts.move();
    return { world, approvals, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  }

  const codeOf = (reply: Awaited<ReturnType<World['call']>>): string =>
    reply.body.result?._meta?.['chaperone/refusal']?.code ?? 'none';

  test('of messages of a run refuses the next one as a result, and what the gateway lists for itself is free', async () => {
    await using it = await open({ measure: 'statements', most: 2, per: 'run' });
    assert.equal((await it.world.call('add', {})).body.result.structuredContent.rows.length, 10);
    assert.equal(codeOf(await it.world.call('add', {})), 'none');
    const { body } = await it.world.call('add', {});
    assert.match(body.result.content[0].text, /2 statements per run; 2 of 2 are spent \(budget-exceeded/);
    assert.equal(it.world.server.of('tools/call').length, 2);
  });

  test('of rows gives a result whole or not at all, and the record says which', async () => {
    await using it = await open({ measure: 'rowsRead', most: 10, per: 'statement' });
    assert.equal(codeOf(await it.world.call('add', {})), 'none');
    await using narrow = await open({ measure: 'rowsRead', most: 9, per: 'statement' });
    const refused = await narrow.world.call('add', {});
    assert.equal(codeOf(refused), 'budget-exceeded');
    assert.ok(!refused.text.includes('"rows"'));
    const kept = await recorded(narrow.world.gateway);
    assert.ok(kept.some(({ event }) => event.result?.code === 'budget-exceeded'));
    // The next message works.
    assert.equal((await narrow.world.ask('ping')).status, 200);
  });

  test('of rows of a run is spent by all its calls together', async () => {
    await using it = await open({ measure: 'rowsRead', most: 15, per: 'run' });
    assert.equal(codeOf(await it.world.call('add', {})), 'none');
    assert.equal(codeOf(await it.world.call('add', {})), 'budget-exceeded');
  });

  test('of bytes ends a stream with the refusal as the answer to the call', async () => {
    await using it = await open({ measure: 'bytes', most: 300, per: 'statement' });
    const { text } = await it.world.call('wipe', {});
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
    assert.deepEqual(
      events.map(({ method, id }) => method ?? id),
      ['notifications/message', 1],
    );
    assert.equal(events[1].result._meta['chaperone/refusal'].code, 'budget-exceeded');
  });

  test('of changes counts a call that is not known to read, before it is sent', async () => {
    await using it = await open({ measure: 'rowsChanged', most: 1, per: 'run' });
    assert.equal((await it.world.ask('ping')).status, 200);
    assert.equal(codeOf(await it.world.call('add', {})), 'none');
    assert.equal(codeOf(await it.world.call('add', {})), 'budget-exceeded');
    assert.equal(it.world.server.of('tools/call').length, 1);
  });

  test('that people may allow more of is asked about while the reply waits, and the call is not made twice', async () => {
    await using it = await open({ measure: 'rowsRead', most: 5, per: 'statement', exceeded: ASKS });
    it.approvals.onAsked = (approval) => approval.approve();
    const { text } = await it.world.call('add', {}, OLD, { prefer: 'wait=0' });
    assert.match(text, /"rows":\[/);
    assert.equal(it.world.server.of('tools/call').length, 1);
  });
});

test('rows are those of structured content, or of each item of content', () => {
  const cases: readonly (readonly [result: object, rows: number])[] = [
    [{ structuredContent: { rows: ROWS }, content: [{ type: 'text', text: '[1,2,3]' }] }, 10],
    [{ structuredContent: { a: 1 } }, 1],
    [
      {
        content: [
          { type: 'text', text: JSON.stringify(ROWS) },
          { type: 'image', data: '' },
        ],
      },
      11,
    ],
    [{ content: [{ type: 'text', text: 'one\ntwo' }] }, 1],
    [{ content: [{ type: 'resource', resource: { uri: 'a', text: '[{},{}]' } }] }, 2],
    [
      {
        contents: [
          { uri: 'a', text: '[{},{}]' },
          { uri: 'b', blob: '' },
        ],
      },
      3,
    ],
    [{ messages: [{ role: 'user', content: { type: 'text', text: '[{},{}]' } }] }, 2],
    [{ tools: [] }, 1],
  ];
  for (const [result, rows] of cases) {
    assert.equal(rowsIn(JSON.stringify({ jsonrpc: '2.0', id: 1, result })), rows, JSON.stringify(result));
  }
  assert.equal(rowsIn('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}'), 1);
  assert.equal(rowsIn(''), 0);
});

function script({ message }: Asked, response: ServerResponse) {
  if (message?.method !== 'tools/call') return undefined;
  const result = {
    content: [{ type: 'text', text: JSON.stringify({ rows: ROWS }) }],
    structuredContent: { rows: ROWS },
  };
  if (message.params?.['name'] === 'add') return result;
  const log = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(100) } };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const said of [log, log, { jsonrpc: '2.0', id: message.id, result }]) {
    response.write(`data: ${JSON.stringify(said)}\n\n`);
  }
  response.end();
  return 'answered' as const;
}
