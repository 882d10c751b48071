import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { reachHost } from './reach-host.ts';

export interface BridgeOptions {
  /** The run's own folder, 0700. */
  readonly directory: string;
  /** `host:port` of everything that may be reached through it. */
  readonly destinations: readonly string[];
  /** Names the proxy on the way to them, where there is one. */
  readonly env: NodeJS.ProcessEnv;
  readonly onFault: (fault: Error) => void;
}

export interface Bridge extends AsyncDisposable {
  readonly path: string;
  /** Tells the supervisor to pass a signal on; false where none is there (yet). */
  signal(name: NodeJS.Signals): boolean;
}

const MAX_CONNECTIONS = 1000;
const FIRST_LINE_MS = 5_000;
const MAX_LINE_BYTES = 300;
/** The first line of the supervisor's own connection, which it lives no longer than. */
export const LEASH = 'leash';
export const ACCEPTED = 'ok\n';

/**
 * The one way out of a network namespace: a Unix socket in the run's own folder. A connection's first line says where it
 * wants to go; what is not on the list is closed. It stands outside, so names are resolved here and nowhere else.
 */
export async function openBridge({ directory, destinations, env, onFault }: BridgeOptions): Promise<Bridge> {
  const path = join(directory, 'bridge.sock');
  const open = new Set<Socket>();
  let leash: Socket | undefined;
  const enter = (client: Socket, line: string): void => {
    if (line === LEASH && leash === undefined) {
      leash = client.resume().once('end', () => client.end());
      return;
    }
    if (destinations.includes(line)) carry(client, reachHost(line, env), open);
    else client.destroy();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (open.size >= MAX_CONNECTIONS) {
      client.destroy();
      return;
    }
    open.add(client);
    client.once('close', () => open.delete(client)).on('error', () => client.destroy());
    firstLine(client).then(
      (line) => enter(client, line),
      () => client.destroy(),
    );
  });
  server.on('error', onFault);
  await listening(server, path);
  return {
    path,
    signal: (name) => leash?.writable === true && (leash.write(`${name}\n`), true),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

/** The bytes up to the first line feed; what follows stays in the stream. */
function firstLine(client: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const fail = (): void => reject(new Error('no line came'));
    const timer = setTimeout(fail, FIRST_LINE_MS);
    client.once('close', fail).once('end', fail);
    const onReadable = (): void => {
      for (let part = client.read() as Buffer | null; part !== null; part = client.read() as Buffer | null) {
        read = Buffer.concat([read, part]);
        const end = read.indexOf(0x0a);
        if (end < 0 && read.length <= MAX_LINE_BYTES) continue;
        clearTimeout(timer);
        client.off('readable', onReadable).off('close', fail).off('end', fail);
        if (end < 0) return fail();
        client.unshift(read.subarray(end + 1));
        return resolve(read.toString('latin1', 0, end));
      }
    };
    client.on('readable', onReadable);
  });
}

function carry(client: Socket, reached: Promise<Socket>, open: Set<Socket>): void {
  reached.then(
    (upstream) => {
      if (client.destroyed) {
        upstream.destroy();
        return;
      }
      open.add(upstream);
      upstream.once('close', () => open.delete(upstream));
      client.write(ACCEPTED);
      // Whichever side breaks, both are over; whoever was connected notices, and nobody else is to be told.
      pipeline(client, upstream, client, () => {});
    },
    // It is closed without a word: what asked is our own proxy inside, which says that the host does not answer.
    () => client.destroy(),
  );
}
