import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aRun, aSession, ask, auditDirectory, DENY, openLog } from '../../../../test/support/audit-log.ts';
import { readSession } from '../../read/read-session.ts';
import { capped } from './derived-view.ts';
import { HAR_CUT, harView } from './har-view.ts';

interface Archive {
  readonly log: { readonly version: string; readonly entries: readonly Entry[]; readonly comment?: string };
}

interface Entry {
  readonly startedDateTime: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly queryString: object;
    readonly postData?: object;
  };
  readonly response: { readonly status: number; readonly content: object; readonly comment?: string };
  readonly comment: string;
}

describe('a session of HTTP as an archive', () => {
  const audit = auditDirectory(after);
  before(async () => {
    await using log = await openLog(audit);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const posted = ask(
      session,
      1,
      'POST /a?b=1&b=%20 HTTP/1.1\r\nhost: api.test\r\ncontent-type: text/plain\r\n\r\nsent',
    );
    await posted.reply(Buffer.from('HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n{"a":'));
    await posted.reply(Buffer.from('"[redacted]"}'));
    await posted.end({ status: 'ok', rows: 0, code: '201' }, [{ by: 'detector', name: 'email', count: 1 }]);
    const denied = ask(session, 2, 'DELETE /a HTTP/1.1\r\nhost: api.test\r\n\r\n', DENY);
    await denied.refuse({ code: 'policy-denied', message: 'deleting is not allowed' });
    const bytes = ask(session, 3, 'GET /bytes HTTP/1.1\r\nhost: api.test\r\n\r\n');
    await bytes.reply(Buffer.from('HTTP/1.1 200\r\n\r\n\xff', 'latin1'));
    await bytes.end({ status: 'ok', rows: 0, code: '200' }, []);
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    await log.sync();
  });
  const viewed = () => harView({ run: 'run_1', session: 'ses_1', events: readSession(audit, 'ses_1') });

  async function archiveOf(pieces: AsyncIterable<string | Buffer>): Promise<Archive> {
    let text = '';
    for await (const piece of pieces) text += String(piece);
    return JSON.parse(text) as Archive;
  }

  test('has requests with their parameters and bodies, and replies as the client saw them', async () => {
    const { log } = await archiveOf(viewed());
    const [posted, denied, bytes] = log.entries;
    assert.equal(log.version, '1.2');
    assert.deepEqual([posted?.request.method, posted?.request.url], ['POST', 'http://api.test/a?b=1&b=%20']);
    assert.deepEqual(posted?.request.queryString, [
      { name: 'b', value: '1' },
      { name: 'b', value: ' ' },
    ]);
    assert.deepEqual(posted?.request.postData, { mimeType: 'text/plain', text: 'sent' });
    assert.deepEqual(posted?.response.content, { size: 18, mimeType: 'application/json', text: '{"a":"[redacted]"}' });
    assert.equal(posted?.response.status, 201);
    assert.match(posted?.comment ?? '', /^permit.*; ok; masked: email ×1$/);
    assert.deepEqual(
      [denied?.response.status, denied?.response.comment],
      [0, 'refused (policy-denied): deleting is not allowed'],
    );
    assert.deepEqual(bytes?.response.content, { size: 1, mimeType: '', text: '/w==', encoding: 'base64' });
  });

  test('is an archive also where it is longer than it may be, and says so', async () => {
    for (const most of [300, 900, 1_800]) {
      const { log } = await archiveOf(capped(viewed(), HAR_CUT, most));
      assert.match(log.comment ?? '', /^Cut here/, String(most));
    }
  });
});
