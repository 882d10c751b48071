import { CANARY, MALFORMED, raw, request } from './http-requests.ts';
import type { RawRequest, Requests } from './protocol-under-test.ts';

const OLD = '2025-11-25';
const NEW = '2026-07-28';

/** A message as the body of a POST, with the fields of its era. */
export function post(what: string, message: object, ...fields: readonly string[]): RawRequest {
  return posted(what, JSON.stringify({ jsonrpc: '2.0', ...message }), ...fields);
}

function posted(what: string, body: string, ...fields: readonly string[]): RawRequest {
  const length = Buffer.byteLength(body);
  const common = ['content-type: application/json', 'accept: application/json, text/event-stream'];
  const made = request('POST /mcp', ...common, ...fields, `content-length: ${length}`, `\n${body}`);
  return { ...made, what };
}

function call(name: string, given: object = {}): RawRequest {
  const message = { id: 1, method: 'tools/call', params: { name, arguments: given } };
  return post(`call of ${name}`, message, `mcp-protocol-version: ${OLD}`);
}

function modern(method: string, params: Readonly<Record<string, unknown>>): RawRequest {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': NEW,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const name = typeof params['name'] === 'string' ? [`mcp-name: ${params['name']}`] : [];
  const fields = [`mcp-protocol-version: ${NEW}`, `mcp-method: ${method}`, ...name];
  return post(`${method} of ${NEW}`, { id: 'new', method, params: { ...params, _meta } }, ...fields);
}

const CONVERSATION: readonly RawRequest[] = [
  post('a ping', { id: 0, method: 'ping' }),
  post('a notification', { method: 'notifications/initialized' }, `mcp-protocol-version: ${OLD}`),
  call('json'),
  call('failing'),
  call('error'),
  call('stream'),
  call('structured'),
  modern('tools/call', { name: 'json', arguments: {} }),
  modern('tools/call', { name: 'stream', arguments: {} }),
  post('a list', { id: 2, method: 'tools/list' }),
  request('GET /mcp', 'accept: text/event-stream'),
  call('large', { events: 3 }),
  call('json'),
];

const DENIED: readonly RawRequest[] = [
  post('a prompt', { id: 1, method: 'prompts/get', params: { name: 'drop', arguments: { id: 'keep' } } }),
  modern('prompts/get', { name: 'drop', arguments: { id: 'keep' } }),
  posted(
    'a prompt, escaped',
    '{"jsonrpc":"2.0","id":1,"method":"prompts\\u002fget","params":{"name":"dr\\u006fp","arguments":{"id":"keep"}}}',
  ),
];

const REF = { type: 'ref/prompt', name: 'drop' };
const HELD: readonly RawRequest[] = [
  post('a completion', {
    id: 7,
    method: 'completion/complete',
    params: { ref: REF, argument: { name: 'id', value: 'keep' } },
  }),
  modern('completion/complete', { ref: REF, argument: { name: 'id', value: 'keep' } }),
];

const UNKNOWN: readonly RawRequest[] = [
  post('an unknown method', { id: 1, method: 'tools/frob', params: { id: 'keep' } }),
  post('a method in capitals', { id: 1, method: 'TOOLS/CALL', params: { name: 'json', id: 'keep' } }),
];

const UNSUPPORTED: readonly RawRequest[] = [
  posted('a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'),
  posted('no JSON', '{"jsonrpc":'),
  posted('a name twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}'),
  posted('two things at once', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}'),
  post('a forged name', { id: 1, method: 'tools/call', params: { name: 'json' } }, 'mcp-name: permitted'),
  post('a forged method', { id: 1, method: 'tools/call', params: { name: 'json' } }, 'mcp-method: ping'),
  post('a session of nobody', { id: 1, method: 'ping' }, 'mcp-session-id: 1234'),
  post('a page of elsewhere', { id: 1, method: 'ping' }, 'origin: http://evil.example'),
  request('PUT /mcp', 'content-length: 2', '\n{}'),
  request('GET /elsewhere'),
];

export const PING = Buffer.from(post('a ping', { id: 0, method: 'ping' }).bytes).toString('latin1');

export const REQUESTS: Requests = {
  conversation: CONVERSATION,
  permitted: call('permitted'),
  permittedReached: /"permitted"/,
  denied: DENIED,
  deniedKind: 'prompts/get',
  deniedReached: /"dr/,
  held: HELD,
  heldKind: 'completion/complete',
  heldReached: /completion\/complete/,
  marker: 'keep',
  tellsWaiting: true,
  unknown: UNKNOWN,
  unsupported: UNSUPPORTED,
  canaries: ['text', 'structured', 'resource', 'link', 'key', 'error', 'stream', 'notification'].map((shape) =>
    call(shape),
  ),
  canary: CANARY,
  large: (bytes) => call('large', { events: Math.ceil(bytes / 100_000) }),
  hanging: call('hanging'),
  garbage: {
    beforeLogin: MALFORMED,
    afterLogin: [
      ...MALFORMED,
      raw(
        'bytes',
        'POST /mcp HTTP/1.1\r\nhost: shop.test\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n\xff\xfe\x00\x01',
      ),
    ],
  },
  codes: {
    badClaim: '407',
    noTarget: '403',
    denied: 'refused',
    withdrawn: 'refused',
    unrecorded: '503',
    upstreamUnavailable: '502',
    upstreamLost: 'broken off',
  },
};
