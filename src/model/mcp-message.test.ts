import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMcp, mcpMessages, mcpReply, mcpRequestText } from './mcp-message.ts';

function request(message: unknown): Buffer {
  return Buffer.from(
    `POST /mcp HTTP/1.1\r\nhost: tracker\r\ncontent-type: application/json\r\n\r\n${typeof message === 'string' ? message : JSON.stringify(message)}`,
  );
}

function reply(type: string, body: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n${body}`);
}

function answer(result: unknown): Buffer {
  return reply('application/json', JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
}

describe('recorded messages of MCP', () => {
  test('a call is shown as its tool and its arguments, and nothing that is given along is left out', () => {
    const params = { name: 'create_issue', arguments: { title: 'x' } };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    assert.equal(mcpRequestText(request(message)), 'tools/call create_issue {\n  "title": "x"\n}');
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', progressToken: 1 };
    const more = { ...params, requestState: 's', _meta: { ...meta, 'acme/as': 'root' } };
    assert.equal(
      mcpRequestText(request({ ...message, params: more })),
      'tools/call create_issue {\n  "title": "x"\n}\nrequestState "s"\n_meta {\n  "acme/as": "root"\n}',
    );
  });

  test('other requests, notifications and answers are shown by what they say', () => {
    const of = (message: object) => mcpRequestText(request({ jsonrpc: '2.0', ...message }));
    assert.equal(of({ id: 1, method: 'tools/list' }), 'tools/list');
    assert.equal(
      of({ id: 1, method: 'resources/read', params: { uri: 'file:///a\nb' } }),
      'resources/read file:///a b',
    );
    assert.equal(
      of({ method: 'notifications/cancelled', params: { requestId: 3 } }),
      'notifications/cancelled\nrequestId 3',
    );
    assert.equal(of({ id: 1, method: 'x', params: { name: 'a', uri: 'b' } }), 'x\nname "a"\nuri "b"');
    assert.equal(of({ id: 7, result: { action: 'decline' } }), 'answer to 7 {\n  "action": "decline"\n}');
    assert.equal(mcpRequestText(request('[]')), undefined);
    assert.equal(mcpRequestText(request('{"jsonrpc":')), undefined);
  });

  test('a result is shown as what its blocks hold, and what is no block as JSON', () => {
    const content = [
      { type: 'text', text: 'one\ntwo' },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      { type: 'resource_link', uri: 'file:///a', name: 'a' },
      { type: 'resource', resource: { uri: 'file:///b', text: 'inside' } },
      { type: 'other', x: 1 },
    ];
    assert.deepEqual(mcpReply(answer({ content, structuredContent: { n: 1 } })), [
      {
        title: 'result',
        text: 'one\ntwo\n(image image/png, 4 characters of base64)\nlink file:///a a\nresource file:///b\ninside\n{\n  "type": "other",\n  "x": 1\n}\nstructuredContent {\n  "n": 1\n}',
        grave: false,
      },
    ]);
    assert.deepEqual(mcpReply(answer({ content: [{ type: 'text', text: 'no' }], isError: true })), [
      { title: 'the tool failed', text: 'no', grave: true },
    ]);
    assert.equal(mcpReply(answer({ tools: [] }))[0]?.text, 'tools []');
  });

  test('each event of a stream is a message of its own', () => {
    const stream =
      ': ping\n\nid: 1\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}\n\n' +
      'event: message\r\ndata: {"jsonrpc":"2.0","id":4,\r\ndata: "method":"elicitation/create"}\r\n\r\n' +
      'data: {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bad","data":{"a":1}}}\n\n';
    assert.deepEqual(mcpReply(reply('text/event-stream; charset=utf-8', stream)), [
      { title: 'notifications/progress', text: '{\n  "progress": 1\n}', grave: false },
      { title: 'asks elicitation/create', text: '', grave: false },
      { title: 'error', text: 'bad\n{\n  "a": 1\n}', grave: true, code: -32602 },
    ]);
  });

  test('what is cut off or empty is shown as it is', () => {
    assert.deepEqual(mcpReply(answer({ a: 1 }).subarray(0, -3)), [
      { title: '', text: '{"jsonrpc":"2.0","id":1,"result":{"a":', grave: false },
    ]);
    assert.deepEqual(mcpMessages(Buffer.from('HTTP/1.1 202 Accepted\r\n\r\n')), []);
    assert.deepEqual(mcpMessages(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}')), [
      { message: { jsonrpc: '2.0', id: 1, result: {} } },
    ]);
  });

  test('a request is one of MCP where its operations say so, whatever its bytes look like', () => {
    assert.equal(isMcp([{ kind: 'tools/call', mcp: { server: 'tracker' } }]), true);
    assert.equal(isMcp([{ kind: 'post', http: {} }]), false);
    assert.equal(isMcp(undefined), false);
  });
});
