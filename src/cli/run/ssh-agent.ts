import { generateKeyPairSync, sign } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { sshFingerprint } from '../../model/ssh-key.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** The key of one run: it is made here, stays in this process, and signs logins alone. */
export interface RunAgent extends AsyncDisposable {
  /** Of the Unix socket at which clients ask it (draft-ietf-sshm-ssh-agent). */
  readonly path: string;
  /** As a line of `id_ed25519.pub`. */
  readonly publicKey: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** Numbers of messages (draft-ietf-sshm-ssh-agent, section 6.1). */
const ASKS = { identities: 11, sign: 13 } as const;
const ANSWERS = { failure: 5, identities: 12, signed: 14 } as const;
const USERAUTH_REQUEST = 50;
const KIND = 'ssh-ed25519';
const COMMENT = 'chaperone run';
/** Longer than any question of a client: what is signed has a session, a name and a key in it. */
const MAX_MESSAGE_BYTES = 32 * 1024;
const MAX_CONNECTIONS = 200;
/** Bytes of the path of a Unix socket, on the platforms that allow the fewest. */
const MAX_SOCKET_PATH_BYTES = 103;

/** The blob of a new key (RFC 8709, section 4), and what signs with it. */
export function makeRunKey(): RunKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([text(KIND), text(raw)]);
  return {
    blob,
    publicKey: `${KIND} ${blob.toString('base64')} ${COMMENT}`,
    fingerprint: sshFingerprint(blob),
    sign: (data) => Buffer.concat([text(KIND), text(sign(null, data, privateKey))]),
  };
}

export interface RunKeyPair extends Pick<RunAgent, 'publicKey' | 'fingerprint'> {
  readonly blob: Buffer;
  /** The signature in SSH's form (RFC 8709, section 6). */
  sign(data: Buffer): Buffer;
}

/** Opens the agent of `key` at `path`, in a folder that only this user may search. Throws a `CliError` where that is too long. */
export async function openRunAgent(key: RunKeyPair, path: string): Promise<RunAgent> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new CliError(EXIT.config, `the agent of SSH keys has too long a path: ${path}`, {
      hint: 'TMPDIR names another place for the folder of the run: /tmp, say.',
    });
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that breaks off is nobody's trouble.
    socket.on('error', () => socket.destroy());
    serve(socket, key);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  const { publicKey, fingerprint } = key;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { path, publicKey, fingerprint, [Symbol.asyncDispose]: close };
}

function serve(socket: Socket, key: RunKeyPair): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE();
      if (length === 0 || length > MAX_MESSAGE_BYTES) {
        socket.destroy();
        return;
      }
      if (rest.length < 4 + length) return;
      socket.write(text(answerTo(rest.subarray(4, 4 + length), key)));
      rest = rest.subarray(4 + length);
    }
  });
}

/** The answer to one message; anything but what logs in is a failure. */
export function answerTo(message: Buffer, key: RunKeyPair): Buffer {
  const failure = Buffer.from([ANSWERS.failure]);
  if (message[0] === ASKS.identities) {
    return Buffer.concat([Buffer.from([ANSWERS.identities, 0, 0, 0, 1]), text(key.blob), text(COMMENT)]);
  }
  if (message[0] !== ASKS.sign) return failure;
  const [blob, data] = stringsOf(message.subarray(1), 2);
  if (blob === undefined || data === undefined || !blob.equals(key.blob) || !isLogin(data, key)) return failure;
  return Buffer.concat([Buffer.from([ANSWERS.signed]), text(key.sign(data))]);
}

/** What a client signs to log in with this key (RFC 4252, section 7); it signs nothing else. */
function isLogin(data: Buffer, { blob }: RunKeyPair): boolean {
  const [session] = stringsOf(data, 1);
  if (session === undefined || data[4 + session.length] !== USERAUTH_REQUEST) return false;
  const rest = data.subarray(5 + session.length);
  const [user, service, method] = stringsOf(rest, 3);
  if (user === undefined || service?.toString() !== 'ssh-connection' || method === undefined) return false;
  if (!/^publickey(?:-hostbound-v00@openssh\.com)?$/.test(method.toString())) return false;
  const behind = 12 + user.length + service.length + method.length;
  const [algorithm, key] = stringsOf(rest.subarray(behind + 1), 2);
  return rest[behind] === 1 && algorithm?.toString() === KIND && key?.equals(blob) === true;
}

/** The first strings of a message, as far as they are there (RFC 4251, section 5). */
function stringsOf(bytes: Buffer, count: number): readonly Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (found.length < count && at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

function text(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
