import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { auditDirectory, openLog } from '../../../test/support/audit-log.ts';
import { readLogEntries } from '../read/read-log.ts';
import type { LogNote } from '../recorder.ts';
import { allowedDetail, idOrNone } from './log-note.ts';

const ALLOWED: readonly LogNote[] = [
  { kind: 'policy.activated', detail: { digest: 'ab'.repeat(32), rules: 3 } },
  { kind: 'target.changed', detail: { action: 'update', what: 'target', name: 'shop', by: 'psn_01J' } },
  { kind: 'trust.changed', detail: { action: 'create', what: 'trust rule', name: 'shop ci', by: 'gateway' } },
  { kind: 'grant.revoked', detail: { grant: 'grt_01J', by: 'opt_01J' } },
  { kind: 'operator.action', detail: { by: 'opt_01J', action: 'recording.read', session: 'ses_01J' } },
  { kind: 'person.action', detail: { via: 'browser', by: 'psn_01J', action: 'person.edit', whom: 'psn_01K' } },
  { kind: 'person.action', detail: { action: 'login.failed', why: 'code-unknown' } },
  { kind: 'person.action', detail: { via: 'opt_01J', by: 'psn_01J', action: 'session.end', session: 'none' } },
];

const REFUSED: readonly (readonly [string, LogNote, string])[] = [
  [
    'a login',
    { kind: 'person.action', detail: { by: 'ada', action: 'login' } },
    'a log entry person.action takes no such by',
  ],
  [
    'an address',
    { kind: 'person.action', detail: { by: 'psn_1', action: 'login', from: '10.0.0.1' } },
    'a log entry person.action has no member from',
  ],
  [
    'a reason',
    { kind: 'approval.decided', detail: { approval: 'apr_1', reason: 'ada said so' } },
    'a log entry approval.decided has no member reason',
  ],
  [
    'an address in place of an id',
    { kind: 'person.action', detail: { by: 'psn_1', action: 'person.edit', whom: 'ada@example.org' } },
    'a log entry person.action takes no such whom',
  ],
  [
    'a member of every object',
    { kind: 'policy.activated', detail: { toString: 'x' } },
    'a log entry policy.activated has no member toString',
  ],
];

describe('a note of the log', () => {
  for (const note of ALLOWED) {
    test(`${note.kind} with ${Object.keys(note.detail).join(', ')} is taken as it is`, () => {
      assert.deepEqual(allowedDetail(note), note.detail);
    });
  }

  for (const [what, note, message] of REFUSED) {
    test(`with ${what} is refused, and the fault does not repeat it`, () => {
      assert.throws(() => allowedDetail(note), { code: 'internal', message });
    });
  }

  test('that is refused leaves nothing in the log', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    await assert.rejects(log.note({ kind: 'person.action', detail: { by: 'ada', action: 'login' } }), {
      code: 'internal',
    });
    await log.note({ kind: 'person.action', detail: { by: 'psn_1', action: 'login', how: 'provider' } });
    await log[Symbol.asyncDispose]();
    const entries = await readLogEntries(directory, 0, 256);
    assert.deepEqual(
      entries.flatMap(({ text }) => (text.includes('person.action') ? [JSON.parse(text).detail] : [])),
      [{ action: 'login', by: 'psn_1', how: 'provider' }],
    );
  });

  test('of an object that a caller named holds its id, and nothing else that was typed', () => {
    assert.deepEqual(['ses_01J', 'ada@example.org', 'psn_a b'].map(idOrNone), ['ses_01J', 'none', 'none']);
  });
});
