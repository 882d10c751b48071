import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  approvalEnded,
  aRun,
  aSession,
  ask,
  auditDirectory,
  DENY,
  openLog,
} from '../../../../test/support/audit-log.ts';
import { readSession } from '../../read/read-session.ts';
import { capped } from './derived-view.ts';
import { MCP_CUT, mcpView } from './mcp-view.ts';

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add', arguments: { a: 1 } } };

function asked(message: object): string {
  return `POST /mcp HTTP/1.1\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(message)}`;
}

describe('a session of MCP as JSON lines', () => {
  const audit = auditDirectory(after);
  before(async () => {
    await using log = await openLog(audit);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const called = ask(session, 1, asked(CALL));
    await called.approval(approvalEnded('used'));
    await called.reply(Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'));
    await called.reply(Buffer.from('data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n'));
    await called.reply(Buffer.from('data: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n\n'));
    await called.end({ status: 'ok', rows: 0, code: '200' }, [{ by: 'detector', name: 'email', count: 2 }]);
    const denied = ask(session, 2, asked({ ...CALL, id: 2 }), DENY);
    await denied.refuse({ code: 'policy-denied', message: 'adding is not allowed' });
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    await log.sync();
  });
  const viewed = () => mcpView({ run: 'run_1', session: 'ses_1', events: readSession(audit, 'ses_1') });

  async function linesOf(pieces: AsyncIterable<string | Buffer>): Promise<readonly Record<string, unknown>[]> {
    let text = '';
    for await (const piece of pieces) text += String(piece);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  test('has each message in its order, with when and by whom, and what the gateway said of it', async () => {
    const [first, ...lines] = await linesOf(viewed());
    assert.match(String(first?.['comment']), /^Derived from the events of session ses_1 of run run_1\./);
    assert.ok(lines.every(({ at }) => !Number.isNaN(Date.parse(String(at)))));
    assert.deepEqual(
      lines.map((line) => ({ ...line, at: '', rules: '' })),
      [
        { at: '', rules: '', exchange: 1, from: 'client', message: CALL },
        { at: '', rules: '', exchange: 1, from: 'gateway', decision: 'permit' },
        { at: '', rules: '', exchange: 1, from: 'gateway', approval: 'apr_1', state: 'used' },
        {
          at: '',
          rules: '',
          exchange: 1,
          from: 'server',
          message: { jsonrpc: '2.0', method: 'notifications/progress' },
        },
        { at: '', rules: '', exchange: 1, from: 'server', message: { jsonrpc: '2.0', id: 1, result: { content: [] } } },
        { at: '', rules: '', exchange: 1, from: 'gateway', outcome: 'ok', masked: [{ name: 'email', count: 2 }] },
        { at: '', rules: '', exchange: 2, from: 'client', message: { ...CALL, id: 2 } },
        { at: '', rules: '', exchange: 2, from: 'gateway', decision: 'deny' },
        {
          at: '',
          rules: '',
          exchange: 2,
          from: 'gateway',
          outcome: 'refused',
          refusal: { code: 'policy-denied', message: 'adding is not allowed' },
        },
      ],
    );
  });

  test('stays lines of JSON where it is cut', async () => {
    const lines = await linesOf(capped(viewed(), MCP_CUT, 400));
    assert.match(String(lines.at(-1)?.['comment']), /^Cut here/);
  });
});
