import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { makeAuthority } from './certificates.ts';

export interface TlsRelay extends AsyncDisposable {
  readonly port: number;
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A man in the middle of PostgreSQL's TLS: with a certificate of its own to clients, over TLS to the real server. */
export async function startTlsRelay(server: { readonly host: string; readonly port: number }): Promise<TlsRelay> {
  const authority = await makeAuthority('Mallory');
  const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost', '127.0.0.1'] });
  const secureContext = createSecureContext({ cert: certificate, key });
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const upstream = connect({ host: server.host, port: server.port });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()));
    // The client's SSLRequest is passed on, and the server's answer passed back; from there on it is TLS twice.
    client.once('data', () => upstream.write(SSL_REQUEST));
    upstream.once('data', (answer) => {
      client.write(answer);
      upstream.pause();
      const clientSide = new TLSSocket(client, { isServer: true, secureContext });
      const serverSide = connectTls({ socket: upstream, rejectUnauthorized: false });
      for (const [from, to] of [
        [clientSide, serverSide],
        [serverSide, clientSide],
      ] as const) {
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    });
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      relay.close();
      for (const socket of sockets) socket.destroy();
      await once(relay, 'close');
    },
  };
}
