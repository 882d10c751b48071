import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '../../api/types.ts';
import { refusalOf, votesOf } from './told.ts';

const VOTE = { person: 'psn_1', answer: 'deny', channel: 'web', at: '2026-11-22T18:00:00.000Z' } as const;
const event = (kind: string, more: Partial<RecordedEvent>): RecordedEvent => ({ kind, at: VOTE.at, seq: 0, ...more });
const held = { id: 'apr_1', state: 'denied', votes: [VOTE], waitedMs: 9 };
const body = (text: string) => ({ media: 'application/json', bytes: text.length, base64: btoa(text) });
const GONE = { media: 'application/json', bytes: 9, withheld: 'its key was deleted' };

test('an answer has its person and reason from the body, and neither once the body is gone or altered', () => {
  const named = body('{"votes":[{"login":"ada","person":"psn_1","reason":"no"},{"login":"eve","person":"psn_2"}]}');
  assert.deepEqual(votesOf(event('approval', { held, body: named })), [{ ...VOTE, login: 'ada', reason: 'no' }]);
  for (const gone of [GONE, body('{"votes":[null,{"login":7}]}'), body('null'), body('{')]) {
    assert.deepEqual(votesOf(event('approval', { held, body: gone })), [VOTE]);
  }
});

test('a refusal is told as the client was told, and as its line says once the body is gone', () => {
  const refusal = { code: 'approval-denied', message: 'the approval apr_1 was denied' };
  assert.equal(refusalOf(event('refusal', { refusal, body: body('ada denied it') }))?.message, 'ada denied it');
  assert.equal(refusalOf(event('refusal', { refusal, body: GONE }))?.message, 'the approval apr_1 was denied');
  assert.equal(refusalOf(event('refusal', { refusal }))?.message, 'the approval apr_1 was denied');
});
