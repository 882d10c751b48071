import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aRun, aSession, ask, auditDirectory, openLog } from '../../../../test/support/audit-log.ts';
import { readSession } from '../../read/read-session.ts';
import { castView } from './cast-view.ts';

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nx-stream-protocol-version: v4.channel.k8s.io\r\n\r\n';

describe('a command in a pod, as a terminal recording', () => {
  const audit = auditDirectory(after);

  before(async () => {
    await using log = await openLog(audit);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const exec = ask(session, 1, 'POST /api/v1/namespaces/default/pods/web/exec?command=sh');
    await exec.input(Buffer.from('5 resize data 25\n{"Width":132,"Height":43}\n'));
    await exec.input(Buffer.from('7 stdin data 9\ns3cr3t-\u0007\n\n'));
    await exec.reply(Buffer.from(`${HEAD}20 stdout data 4\n$ ls\n1500 stderr data 7\nno \u001b[6n\n`));
    await exec.end({ status: 'ok', rows: 0, code: '0' }, []);
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    await log.sync();
  });

  test('has its sizes and what it said at their times, and nothing that was typed', async () => {
    let text = '';
    const viewed = { run: 'run_1', session: 'ses_1', events: readSession(audit, 'ses_1') };
    for await (const piece of castView(viewed, () => '')) text += piece;
    const lines = text.split('\n').filter((line) => line.startsWith('['));
    const told = lines.map((line) => JSON.parse(line) as [number, string, string]);
    assert.deepEqual(
      told.filter(([, code]) => code !== 'x').map(([, code, data]) => [code, data]),
      [
        ['r', '132x43'],
        ['o', '$ ls'],
        ['o', 'no '],
      ],
    );
    assert.ok((told[2]?.[0] ?? 0) > 1.4, 'the second piece comes when it came');
    assert.doesNotMatch(text, /s3cr3t/);
  });
});
