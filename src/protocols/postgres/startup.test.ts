import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { Refused } from '../../model/refusal.ts';
import { ReadBuffers } from '../../wire/read-buffers.ts';
import { SocketStream } from '../../wire/socket-stream.ts';
import { cstring, int32, STARTUP } from './messages.ts';
import { type Opening, readOpening } from './startup.ts';

function packet(code: number, ...fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat([int32(code), ...fields]);
  return Buffer.concat([int32(body.length + 4), body]);
}

function startup(values: Readonly<Record<string, string>>, version = 0x00030000): Buffer {
  const pairs = Object.entries(values).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return packet(version, ...pairs, Buffer.from([0]));
}

const LOGIN = { user: 'grt_1', database: 'shop' };
const SSL = packet(STARTUP.ssl);

describe('an opening', () => {
  let context: SecureContext;
  let ca: string;

  before(async () => {
    const authority = await makeAuthority('openings');
    const { certificate, key } = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
    context = createSecureContext({ cert: certificate, key });
    ca = authority.certificate;
  });

  /** What the gateway makes of what a client does on a real connection. */
  async function open(
    client: (socket: Socket) => void | Promise<void>,
    tls: { readonly required: boolean } | null = { required: false },
  ): Promise<{ readonly opening: Opening | Error; readonly received: Buffer; readonly secured: boolean }> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const received: Buffer[] = [];
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const stream = SocketStream.over(accepted, {
      maxAheadBytes: 65_536,
      bulkViews: false,
      buffers: new ReadBuffers(65_536),
    });
    socket.on('data', (bytes) => received.push(bytes));
    socket.on('error', () => socket.destroy());
    void client(socket);
    const settings = tls === null ? undefined : { context, required: tls.required };
    const opening = await readOpening(stream, settings).catch((error: Error) => error);
    const secured = stream.tls;
    await stream.end();
    if (!socket.closed && !secured) await once(socket, 'close');
    socket.destroy();
    server.close();
    return { opening, received: Buffer.concat(received), secured };
  }

  const closing = new Set<Socket>();
  after(() => {
    for (const socket of closing) socket.destroy();
  });

  function securely(socket: Socket, alpn: readonly string[], then: Buffer): void {
    const secured = connectTls({ socket, ca, servername: 'localhost', ALPNProtocols: [...alpn] });
    closing.add(secured);
    secured.on('error', () => secured.destroy());
    secured.once('secureConnect', () => secured.write(then));
  }

  it('is read the same byte by byte', async () => {
    const { opening } = await open(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of startup({ ...LOGIN, application_name: 'x', DateStyle: 'ISO' })) {
        socket.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
    });
    assert.deepEqual(opening, {
      kind: 'startup',
      user: 'grt_1',
      target: 'shop',
      login: { cancelKeyBytes: 4, parameters: { application_name: 'x', datestyle: 'ISO' } },
      minor: 0,
    });
  });

  it('names a database of the target behind a slash', async () => {
    const { opening } = await open((socket) => void socket.write(startup({ ...LOGIN, database: 'shop/archive' })));
    assert.deepEqual(
      opening instanceof Error ? opening : [opening.kind, 'login' in opening && opening.login.database],
      ['startup', 'archive'],
    );
  });

  it('becomes TLS when it is asked to', async () => {
    const { opening, secured } = await open((socket) => {
      socket.write(SSL);
      socket.once('data', () => {
        socket.removeAllListeners('data');
        securely(socket, [], startup(LOGIN));
      });
    });
    assert.deepEqual([opening instanceof Error ? opening : opening.kind, secured], ['startup', true]);
  });

  it('may begin with TLS, where the client names the protocol', async () => {
    const { opening, secured } = await open((socket) => {
      socket.removeAllListeners('data');
      securely(socket, ['postgresql'], startup(LOGIN));
    });
    assert.deepEqual([opening instanceof Error ? opening : opening.kind, secured], ['startup', true]);
  });

  it('that begins with TLS and names no protocol is closed', async () => {
    const { opening } = await open((socket) => {
      socket.removeAllListeners('data');
      securely(socket, [], startup(LOGIN));
    });
    assert.equal(opening instanceof Error && opening.name, 'PeerLeft');
  });

  it('with bytes before the answer to its request for TLS is refused', async () => {
    const { opening } = await open((socket) => void socket.write(Buffer.concat([SSL, startup(LOGIN)])));
    assert.equal(opening instanceof Error && opening.name, 'MalformedMessage');
  });

  it('that asks for TLS where there is none, or for GSS, is told no and may go on', async () => {
    const { opening, received } = await open((socket) => {
      socket.write(packet(STARTUP.gss));
      socket.once('data', () => {
        socket.write(SSL);
        socket.once('data', () => socket.write(startup(LOGIN)));
      });
    }, null);
    assert.deepEqual(
      [opening instanceof Error ? opening : opening.kind, received.toString('latin1')],
      ['startup', 'NN'],
    );
  });

  it('without TLS is refused where TLS is required', async () => {
    const { opening } = await open((socket) => void socket.write(startup(LOGIN)), { required: true });
    assert.equal(opening instanceof Refused && opening.refusal.code, 'claim-invalid');
  });

  it('of protocol 3.2 gets room for a long cancel key, and of a later minor is brought down to 3.2', async () => {
    const { opening, received } = await open(
      (socket) => void socket.write(startup({ ...LOGIN, '_pq_.later': '1' }, 0x00030009)),
    );
    assert.equal(opening instanceof Error ? opening : 'login' in opening && opening.login.cancelKeyBytes, 32);
    assert.equal(received.toString('latin1'), 'v\0\0\0\x17\0\x03\0\x02\0\0\0\x01_pq_.later\0');
  });

  it('of a cancel carries its key', async () => {
    const { opening } = await open(
      (socket) => void socket.write(packet(STARTUP.cancel, int32(77), Buffer.alloc(32, 9))),
    );
    assert.deepEqual(opening, { kind: 'cancel', key: { processId: 77, secret: Buffer.alloc(32, 9) } });
  });

  for (const [name, code, bytes] of [
    ['for replication', 'protocol-unsupported', startup({ ...LOGIN, replication: 'database' })],
    ['of protocol 2', 'protocol-unsupported', startup(LOGIN, 0x00020000)],
    ['without a user', 'claim-missing', startup({ database: 'shop' })],
    [
      'with a setting that policy must decide',
      'protocol-unsupported',
      startup({ ...LOGIN, session_replication_role: 'replica' }),
    ],
    [
      'with such a setting among its options',
      'protocol-unsupported',
      startup({ ...LOGIN, options: '-c search_path=evil' }),
    ],
    ['in an encoding that hides quotes', 'protocol-unsupported', startup({ ...LOGIN, client_encoding: 'Shift_JIS' })],
  ] as const) {
    it(`${name} is refused by name`, async () => {
      const { opening } = await open((socket) => void socket.write(bytes));
      assert.equal(opening instanceof Refused ? opening.refusal.code : opening, code);
    });
  }

  it('takes harmless options, split as the server splits them', async () => {
    const options = '-c statement_timeout=5s --geqo=off -c application_name=a\\ b';
    const { opening } = await open((socket) => void socket.write(startup({ ...LOGIN, options })));
    assert.deepEqual(opening instanceof Error ? opening : 'login' in opening && opening.login.parameters, {
      statement_timeout: '5s',
      geqo: 'off',
      application_name: 'a b',
    });
  });

  it('longer than its bound is refused before it has arrived', async () => {
    const { opening } = await open((socket) => void socket.write(int32(10_001)));
    assert.equal(opening instanceof Error && opening.name, 'MalformedMessage');
  });
});
