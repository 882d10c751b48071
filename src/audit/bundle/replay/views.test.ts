import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  approvalEnded,
  aRun,
  aSession,
  ask,
  auditDirectory,
  DENY,
  exchange,
  openLog,
} from '../../../../test/support/audit-log.ts';
import { readSession } from '../../read/read-session.ts';
import { CAST_CUT, castView, type TerminalRenderer } from './cast-view.ts';
import { capped } from './derived-view.ts';
import { sqlView } from './sql-view.ts';

/** Shows what it is given, as a terminal that neutralises would. */
const render: TerminalRenderer = ({ event, body }) => {
  const opened = body();
  return opened.kind === 'bytes' ? `${event.kind}: ${JSON.stringify(String(opened.bytes))}\n` : '';
};

describe('derived views of a session', () => {
  const audit = auditDirectory(after);
  before(async () => {
    await using log = await openLog(audit);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'select 1', 'one');
    const denied = ask(session, 2, 'drop table orders', DENY);
    await denied.refuse({ code: 'policy-denied', message: 'dropping is not\nallowed \u001b[31m' });
    const failed = ask(session, 3, "select '");
    await failed.end({ status: 'error', rows: 0, code: '42601' }, []);
    await exchange(session, 4, 'select 2 \\! touch hacked', 'x');
    await exchange(session, 5, 'copy orders from stdin', 'x');
    await exchange(session, 6, 'select \u001b]0;x\u0007 3 -- \u202e', 'x');
    const held = ask(session, 7, 'delete from orders');
    await held.approval(approvalEnded('used'));
    await held.reply(Buffer.from('done'));
    await held.end({ status: 'ok', rows: 0 }, [{ by: 'column', name: 'public.people.email', count: 3 }]);
    ask(session, 8, 'select 8');
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    await log.sync();
  });
  const viewed = () => ({ run: 'run_1', session: 'ses_1', events: readSession(audit, 'ses_1') });

  async function whole(pieces: AsyncIterable<string>): Promise<string> {
    let text = '';
    for await (const piece of pieces) text += piece;
    return text;
  }

  test('as SQL, what the target took is a statement and all else is a comment', async () => {
    const text = await whole(sqlView(viewed()));
    const statements = text.split('\n').filter((line) => !line.startsWith('--') && line !== '');
    assert.deepEqual(statements, ['select 1', ';', 'delete from orders', ';']);
    assert.match(
      text,
      /^-- \| drop table orders\n-- → refused \(policy-denied\): dropping is not\\nallowed \\e\[31m$/m,
    );
    assert.match(text, /^-- \| select '\n-- → error 42601/m);
    assert.match(text, /^-- \| select 2 \\! touch hacked$/m);
    assert.match(text, /^-- \| select \\e\]0;x\\x07 3 -- <U\+202E>$/m);
    assert.match(text, /^-- \| copy orders from stdin$/m);
    assert.match(
      text,
      /^-- approval apr_1: used\ndelete from orders\n;\n-- → ok, 0 rows; masked: public\.people\.email ×3$/m,
    );
    assert.match(text, /^-- \| select 8\n-- → unknown$/m);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  });

  test('as a terminal recording, it is what asciinema reads, with a place to jump to at each decision', async () => {
    const text = await whole(castView(viewed(), render));
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const [header, ...events] = lines.map((line) => JSON.parse(line) as unknown);
    assert.equal((header as { version: number }).version, 3);
    const typed = events as [number, string, string][];
    assert.ok(typed.every(([interval]) => interval >= 0 && interval < 10));
    assert.deepEqual(
      typed.filter(([, code]) => code === 'm').map(([, , label]) => label),
      ['refused: policy-denied', 'approval used', 'masked: 3', 'outcome unknown'],
    );
    assert.deepEqual(typed.at(-1)?.slice(1), ['x', '0']);
    assert.ok(typed.filter(([, code]) => code === 'o').every(([, , data]) => data.endsWith('\r\n')));
  });

  test('end where they are longer than they may be, and say so in their own format', async () => {
    const pieces: string[] = [];
    for await (const piece of capped(castView(viewed(), render), CAST_CUT, 400)) pieces.push(String(piece));
    const lines = pieces.join('').trimEnd().split('\n');
    assert.equal(lines.at(-1), CAST_CUT.trimEnd());
    for (const line of lines.filter((one) => !one.startsWith('#'))) JSON.parse(line);
  });
});
