import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** What was asked for, in order: `host:port`. */
  readonly asked: readonly string[];
  /** Of those, how many were let through. */
  readonly tunnels: number;
}

/** An HTTP proxy that knows CONNECT and one login (`user:password`), and finds every name on this machine. */
export async function startConnectProxy(login: string): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let tunnels = 0;
  const wanted = `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    sockets.add(client.on('error', () => client.destroy()));
    if (request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    tunnels++;
    const upstream = connect({ host: '127.0.0.1', port: Number(/\d+$/.exec(request.url ?? '')?.[0]), noDelay: true });
    sockets.add(upstream.on('error', () => client.destroy()));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    asked,
    get tunnels() {
      return tunnels;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
