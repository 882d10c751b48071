import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Channel, ChannelListener } from './channel.ts';
import { type Answer, Conversation } from './conversation.ts';
import type { ReplyStream } from './reply-stream.ts';
import { readMessage } from './rpc-message.ts';

const SENT = { fields: [], query: '' };
const FOREVER = new AbortController().signal;

/** What is sent is kept, and the test says what the server says. */
function talk({ stateless = false, maxMcpWaitingBytes = 1_000, maxMcpRequestsUnderWay = 10 } = {}) {
  const sent: string[] = [];
  const flow: string[] = [];
  const strays: string[] = [];
  let listener: ChannelListener | undefined;
  const channel: Channel = {
    send: (message) => Promise.resolve(void sent.push(message)),
    listen: (given) => {
      listener = given;
    },
    pause: () => void flow.push('pause'),
    resume: () => void flow.push('resume'),
    close: () => Promise.resolve(),
  };
  const limits = { maxMcpWaitingBytes, maxMcpRequestsUnderWay };
  const conversation = new Conversation({ channel, limits, stateless, onStray: (what) => strays.push(what) });
  return {
    conversation,
    sent,
    flow,
    strays,
    say: (message: object) => listener?.onMessage(JSON.stringify({ jsonrpc: '2.0', ...message })),
    end: (fault?: Error) => listener?.onEnd(fault),
    ask: (message: object, signal: AbortSignal = FOREVER): Promise<Answer> => {
      const request = readMessage(JSON.stringify(message));
      if (request?.kind !== 'request') throw new TypeError('no request');
      return conversation.ask(request, SENT, signal);
    },
  };
}

const progress = (token: number, words = '') => ({
  method: 'notifications/progress',
  params: { progressToken: token, progress: 1, message: words },
});
const asking = { id: 1, method: 'x', params: { _meta: { progressToken: 't' } } };

async function streamOf(answer: Promise<Answer>): Promise<ReplyStream> {
  const { body } = (await answer) as Answer & { readonly kind: 'stream' };
  return body;
}

describe('a conversation with a server by messages', () => {
  test('has the server wait while more waits to be read than should, and go on when it was read', async () => {
    const { ask, say, flow } = talk();
    const answer = ask(asking);
    say(progress(1, 'x'.repeat(600)));
    assert.deepEqual(flow, []);
    say(progress(1, 'x'.repeat(600)));
    assert.deepEqual(flow, ['pause']);
    const stream = await streamOf(answer);
    await stream.read();
    assert.deepEqual(flow, ['pause', 'resume']);
  });

  test('lets the server go on where nobody reads any more, be the answer there already or not', async () => {
    for (const isAnswered of [false, true]) {
      const { ask, say, flow } = talk();
      const left = new AbortController();
      const answer = ask(asking, left.signal);
      say(progress(1, 'x'.repeat(2_000)));
      if (isAnswered) say({ id: 1, result: 'done' });
      await streamOf(answer);
      left.abort(new Error('gone'));
      assert.deepEqual(flow, ['pause', 'resume'], String(isAnswered));
    }
  });

  test('gives what names no request to the one that was asked last, else to who listens, else keeps a little', async () => {
    const { ask, say, conversation, strays } = talk({ maxMcpWaitingBytes: 300 });
    say({ method: 'notifications/message', params: { data: 'early' } });
    say({ method: 'notifications/message', params: { data: 'x'.repeat(300) } });
    assert.deepEqual(strays, ['more than is kept for a client that does not listen']);
    const heard = conversation.listen(FOREVER);
    assert.ok(heard);
    assert.equal(conversation.listen(FOREVER), undefined);
    assert.match(String(await heard.read()), /"early"/);
    const answer = ask(asking);
    say({ method: 'notifications/message', params: { data: 'of the request' } });
    say({ method: 'notifications/tools/list_changed' });
    assert.match(String(await (await streamOf(answer)).read()), /of the request/);
    assert.match(String(await heard.read()), /list_changed/);
  });

  test('brings a subscription what is its own, under the id that its client gave', async () => {
    const { ask, say } = talk({ stateless: true });
    const answer = ask({ id: 'mine', method: 'subscriptions/listen', params: {} });
    const _meta = { 'io.modelcontextprotocol/subscriptionId': 1 };
    say({ method: 'notifications/tools/list_changed', params: { _meta } });
    say({
      method: 'notifications/tools/list_changed',
      params: { _meta: { ..._meta, 'io.modelcontextprotocol/subscriptionId': 7 } },
    });
    const told = String(await (await streamOf(answer)).read());
    assert.match(told, /"io.modelcontextprotocol\/subscriptionId":"mine"/);
    assert.equal(told.match(/^data:/gm)?.length, 1);
  });

  test('takes no question of a server that has no sessions, and no answer that nobody waits for', () => {
    const { say, strays } = talk({ stateless: true });
    say({ id: 5, method: 'sampling/createMessage' });
    say({ id: 99, result: {} });
    assert.deepEqual(strays, [
      'a request, which a server of this revision has not',
      'an answer to what nobody asks any more',
    ]);
  });

  test('cancels by the id that the server knows, and only what is under way', async () => {
    const { ask, sent, conversation, say } = talk();
    const cancel = async (id: string): Promise<void> => {
      const message = readMessage(`{"method":"notifications/cancelled","params":{"requestId":${id}}}`);
      if (message?.kind === 'notification') await conversation.tell(message, SENT);
    };
    const first = ask({ id: 'a', method: 'x' });
    const second = ask({ id: 'b', method: 'x' });
    say({ id: 1, result: 1 });
    assert.equal((await first).kind, 'response');
    await cancel('"a"');
    await cancel('"b"');
    assert.deepEqual(sent.slice(2), ['{"method":"notifications/cancelled","params":{"requestId":2}}']);
    say({ id: '2', result: 2 });
    assert.deepEqual(await second, {
      kind: 'response',
      text: '{"jsonrpc":"2.0","id":"b","result":2}',
      errorCode: undefined,
    });
  });

  test('has an end to what may be under way, and fails all of it where the server ends', async () => {
    const { ask, end } = talk({ maxMcpRequestsUnderWay: 1 });
    const first = ask(asking);
    await assert.rejects(ask({ ...asking, id: 2 }), /as many requests under way as it may/);
    end(new Error('it broke'));
    await assert.rejects(first, /it broke/);
    await assert.rejects(ask(asking), /it broke/);
  });
});
