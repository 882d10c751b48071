import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { DecodedMessages } from '../model/decoded-reply.ts';
import { EventOpener } from './session-events.ts';

test('messages are read by the decoder of the target of the session, of what is asked, sent and answered', () => {
  const asked: string[] = [];
  const messages = (kind: string): DecodedMessages => ({ type: kind, messages: [], more: 0 });
  const opener = new EventOpener((protocol, target) => {
    asked.push(`${protocol} ${target}`);
    const calls = { messages: (kind: string, wire: Uint8Array) => (wire.length === 0 ? undefined : messages(kind)) };
    return { decode: () => ({ results: [], notices: [] }), calls };
  });
  const open = (kind: string, bytes: string, more: object = {}) => {
    const event = { kind, body: { media: 'message/http', bytes: '1' }, ...more } as unknown as AuditEvent;
    const body = () => ({ kind: 'bytes', bytes: Buffer.from(bytes), complete: true }) as const;
    return opener.open({ event, body, end: 0 } as unknown as Parameters<EventOpener['open']>[0]) as {
      readonly messages?: DecodedMessages;
      readonly decoded?: object;
    };
  };
  open('session.open', '', { opening: { target: { name: 'shop', protocol: 'http' } } });
  assert.deepEqual(asked, ['http shop']);
  for (const kind of ['request', 'input', 'reply']) assert.equal(open(kind, 'x').messages?.type, kind);
  assert.deepEqual(open('reply', 'x').decoded, { results: [], notices: [] });
  assert.equal(open('request', 'x').decoded, undefined);
  assert.equal(open('request', '').messages, undefined);
  assert.equal(open('approval', 'x').messages, undefined);
});
