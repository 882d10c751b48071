import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FramingCase, REPLIES, REQUESTS } from '../../../../test/corpus/http/framing.ts';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { MalformedHttp, type MessageBody } from '../message.ts';
import { H1ClientConnection } from './client-connection.ts';
import { H1ServerConnection } from './server-connection.ts';

const LIMITS_HERE = { ...LIMITS, httpDrainMs: 1 };

describe('a request', () => {
  for (const one of REQUESTS) {
    const { name, refused, because } = one;
    test(`with ${name} is ${refused === undefined ? `taken: ${because}` : `refused with ${refused}`}`, async () => {
      const whole = await requestOutcome(one, one.bytes.length);
      assert.deepEqual(whole, refused === undefined ? { body: one.body } : { refused });
      assert.deepEqual(await requestOutcome(one, 1), whole);
    });
  }
});

describe('a reply', () => {
  for (const one of REPLIES) {
    const { name, refused, because } = one;
    test(`with ${name} is ${refused === undefined ? `taken: ${because}` : 'refused, and its connection ended'}`, async () => {
      const whole = await replyOutcome(one, one.bytes.length);
      assert.deepEqual(whole, refused === undefined ? { body: one.body } : { refused });
      assert.deepEqual(await replyOutcome(one, 1), whole);
    });
  }
});

type Outcome = { readonly body: string } | { readonly refused: number };

async function requestOutcome({ bytes }: FramingCase, step: number): Promise<Outcome> {
  await using pair = await streamPair();
  await using server = new H1ServerConnection(pair.stream, LIMITS_HERE);
  send(pair.peer, bytes, step);
  return await outcomeOf(async () => (await server.next())?.body ?? assert.fail('no request came'));
}

async function replyOutcome({ bytes, refused }: FramingCase, step: number): Promise<Outcome> {
  await using pair = await streamPair({ bulkViews: true });
  await using client = new H1ClientConnection(pair.stream, LIMITS_HERE);
  const request = {
    method: 'GET',
    scheme: 'http',
    authority: 'a.test',
    target: '/',
    fields: [],
    length: 'none',
  } as const;
  pair.peer.once('data', () => send(pair.peer, bytes, step));
  const outcome = await outcomeOf(async () => (await client.send(request, new AbortController().signal)).body);
  if (refused !== undefined) {
    assert.equal(client.reusable, false);
    assert.equal(pair.stream.signal.aborted, true);
  }
  return outcome;
}

async function outcomeOf(bodyOf: () => Promise<MessageBody>): Promise<Outcome> {
  try {
    const message = await bodyOf();
    let body = '';
    for (let bytes = await message.read(); bytes !== null; bytes = await message.read())
      body += bytes.toString('latin1');
    return { body };
  } catch (fault) {
    assert.ok(fault instanceof MalformedHttp, String(fault));
    return { refused: fault.status };
  }
}

function send(peer: NodeJS.WritableStream, text: string, step: number): void {
  for (let at = 0; at < text.length; at += step) peer.write(Buffer.from(text.slice(at, at + step), 'latin1'));
}
