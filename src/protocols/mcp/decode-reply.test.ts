import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mcpReplyDecoder } from './decode-reply.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

test('a recorded reply is a table with a row for each message, and errors are notices', () => {
  const stream =
    'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}\n\n' +
    'data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[redacted]"}]}}\n\n' +
    'data: {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"bad"}}\n\n';
  assert.deepEqual(mcpReplyDecoder().decode(Buffer.from(HEAD + stream)), {
    results: [
      {
        columns: [
          { name: 'message', type: 'mcp' },
          { name: 'says', type: 'text' },
        ],
        rows: [
          ['notifications/message', '{\n  "level": "info"\n}'],
          ['result', '[redacted]'],
        ],
        moreRows: 0,
      },
    ],
    notices: [{ severity: 'ERROR', code: '-32602', message: 'bad' }],
  });
});

test('a reply without messages, and bytes that are none, say so', () => {
  assert.deepEqual(mcpReplyDecoder().decode(Buffer.from('HTTP/1.1 202 Accepted\r\n\r\n')), {
    results: [],
    notices: [],
  });
  const cut = mcpReplyDecoder().decode(Buffer.from('HTTP/1.1 200 OK\r\n\r\n{"jsonrpc"'));
  assert.deepEqual(cut.results[0]?.rows, [['', '{"jsonrpc"']]);
});
