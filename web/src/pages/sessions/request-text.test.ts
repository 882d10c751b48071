import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '../../api/types.ts';
import { requestHead, requestText } from './request-text.ts';

const OF_MCP = [{ kind: 'tools/call', mcp: { server: 'tracker', method: 'tools/call', name: 'create_issue' } }];

function asked(body: string, op: readonly object[]): RecordedEvent {
  const text = `POST /mcp HTTP/1.1\r\nhost: tracker\r\n\r\n${body}`;
  const media = 'message/http';
  return { kind: 'request', at: '', seq: 0, op: [...op], body: { media, bytes: text.length, base64: btoa(text) } };
}

function call(title: string): string {
  const params = { name: 'create_issue', arguments: { title } };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
}

test('a call of a tool is shown as its name and its arguments, in a list on one line', () => {
  const event = asked(call('x'), OF_MCP);
  assert.deepEqual(requestText(event).statements, [
    { text: 'tools/call create_issue {\n  "title": "x"\n}', parameters: [] },
  ]);
  assert.equal(requestHead(event), 'tools/call create_issue { "title": "x" }');
});

test('one that is too large for a line of a list is named there by what its line says', () => {
  assert.equal(requestHead(asked(call('x'.repeat(100_000)), OF_MCP)), 'tools/call create_issue');
});

test('a request of HTTP that looks like a call is shown as it was sent', () => {
  const [statement] = requestText(asked(call('x'), [{ kind: 'post', http: {} }])).statements;
  assert.match(statement?.text ?? '', /^POST \/mcp HTTP\/1\.1\r\nhost: tracker\r\n\r\n\{"jsonrpc"/);
});

test('a request to a cluster is said as kubectl would', () => {
  const text = 'DELETE /api/v1/namespaces/shop/pods/web HTTP/1.1\r\nhost: c\r\n\r\n';
  const op = [{ kind: 'delete', http: { method: 'DELETE' }, kubernetes: { verb: 'delete', resource: 'pods' } }];
  const body = { media: 'message/http', bytes: text.length, base64: btoa(text) };
  assert.equal(requestHead({ kind: 'request', at: '', seq: 0, op, body }), 'kubectl delete pods/web -n shop');
});
