/** Shows a grant for clients that cannot: it adds the field, names the target, and changes nothing else. */
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { TestGateway } from '../gateway.ts';
import type { TestGrant } from '../static-control-plane.ts';

export interface GrantRelay extends AsyncDisposable {
  /** Where a client finds the target. */
  readonly url: string;
}

export async function startGrantRelay(
  gateway: Pick<TestGateway, 'host' | 'port'>,
  { user, password }: Pick<TestGrant, 'user' | 'password'>,
  path: string,
): Promise<GrantRelay> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, 'chaperone-grant': `${user}.${password}` };
    const { host, port } = gateway;
    const asking = ask({ host, port, path, method: incoming.method, headers, setHost: false });
    // Whichever side leaves, the other is left.
    outgoing.once('close', () => asking.destroy());
    asking.once('error', () => outgoing.destroy());
    asking.once('response', (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      outgoing.flushHeaders();
      pipeline(reply, outgoing).catch(() => outgoing.destroy());
    });
    pipeline(incoming, asking).catch(() => asking.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
