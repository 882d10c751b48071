import { LIMITS } from '../../src/model/limits.ts';
import { startMcpGateway } from '../support/mcp/mcp-gateway.ts';
import type { RawReply } from '../support/raw-http.ts';
import { errorOf, http, logInWith, startServer } from './http.ts';
import { PING, REQUESTS } from './mcp-requests.ts';
import type { Answer, ProtocolUnderTest, ServerUnderTest } from './protocol-under-test.ts';

/** MCP over HTTP/1.1, through the forward proxy as HTTP's own suite: what is refused is said in JSON-RPC, mostly. */
export function mcp(tls: boolean): ProtocolUnderTest {
  return {
    ...http(tls),
    name: `MCP ${tls ? 'over TLS' : 'without TLS'}`,
    startServer: () => startMcpServer(tls),
    startGateway: startMcpGateway,
    logIn: (login) => logInWith(login, PING, refusalOf),
    requests: REQUESTS,
  };
}

async function startMcpServer(tls: boolean): Promise<ServerUnderTest> {
  const server = await startServer(tls);
  return {
    ...server,
    target: (at, settings = {}) => ({
      ...server.target(at, settings),
      protocol: 'mcp',
      storedReplyBytes: settings.storedReplyBytes ?? LIMITS.storedReplyBytes,
      mcp: { transport: { kind: 'http', path: '/mcp' }, tools: [], firstUse: 'accept' },
    }),
  };
}

/** A refusal in a result, in an error or in a stream that was open while people were asked; else as HTTP's. */
function refusalOf(reply: RawReply): Answer['errors'] {
  const text = reply.body.toString('utf8');
  const isOfServer = reply.fields.some(([name]) => name === 'x-server');
  if (reply.status !== 200 || isOfServer || !reply.complete) return errorOf(reply);
  const isRefused = text.includes('"chaperone/refusal"') || text.includes('"error":{"code":-32');
  return isRefused ? [{ code: 'refused', text }] : [];
}
