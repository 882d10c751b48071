import type { Socket } from 'node:net';
import { Client } from 'pg';
import type { Way } from './proxies.ts';

/** Connects and logs in with node-postgres, which keeps the connection open. */
export async function openClient({ host, port, user, password, database }: Way): Promise<Client> {
  const client = new Client({ host, port, user, password, database, ssl: false, keepAlive: false });
  await client.connect();
  return client;
}

/** The end of a reply: ReadyForQuery outside a transaction (manual, 55.7). */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Sends one query and throws the reply away as it comes, so that the client costs little. Returns the reply's bytes. */
export function drain(client: Client, sql: string): Promise<number> {
  const socket = socketOf(client);
  const listeners = socket.listeners('data') as ((piece: Buffer) => void)[];
  socket.removeAllListeners('data');
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let tail: Buffer = Buffer.alloc(0);
    const take = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes < 1024 && piece[0] === 0x45)
        return finish(() => reject(new Error(`refused: ${piece.toString('latin1')}`)));
      tail =
        piece.length >= READY.length
          ? piece.subarray(-READY.length)
          : Buffer.concat([tail, piece]).subarray(-READY.length);
      if (tail.equals(READY)) finish(() => resolve(bytes));
    };
    const left = (): void => finish(() => reject(new Error('the connection was closed in the middle of the reply')));
    const finish = (settle: () => void): void => {
      socket.off('data', take).off('close', left);
      for (const listener of listeners) socket.on('data', listener);
      settle();
    };
    socket.on('data', take).once('close', left);
    const text = Buffer.from(`${sql}\0`);
    const header = Buffer.alloc(5);
    header.write('Q', 'latin1');
    header.writeInt32BE(text.length + 4, 1);
    socket.write(Buffer.concat([header, text]));
  });
}

/** The driver keeps its socket where its types do not show it. */
function socketOf(client: Client): Socket {
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } };
  return connection.stream;
}
