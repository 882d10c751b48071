import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import { cancelUpstream } from './cancel-upstream.ts';
import { PROTOCOL_3_0, PROTOCOL_3_2, parseErrorResponse } from './login-messages.ts';
import { deriveScramKeys, scramServer } from './scram.ts';
import { connectUpstream, type UpstreamOptions } from './upstream-login.ts';

const FOREVER = new AbortController().signal;
const OK = backend('R', int32(0));
const READY = backend('Z', Buffer.from('I'));

describe('a login to a fake server that misbehaves', () => {
  const answers: readonly (readonly [name: string, answer: Buffer, message: RegExp])[] = [
    ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /a message of type "H"/],
    ['speaks TLS unasked', Buffer.from([0x16, 3, 1, 0, 5]), /a message of type 0x16/],
    ['tells a negative length', Buffer.from([0x52, 0xff, 0xff, 0xff, 0xff]), /impossible length/],
    ['tells a length that is too short', Buffer.from([0x52, 0, 0, 0, 3]), /impossible length/],
    ['tells a length that is too long', Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff]), /impossible length/],
    ['sends an authentication request without a code', backend('R'), /malformed Authentication message/],
    ['sends a short MD5 salt', backend('R', int32(5), Buffer.from('abc')), /malformed AuthenticationMD5Password/],
    [
      'sends a list of mechanisms without an end',
      backend('R', int32(10), Buffer.from('SCRAM-SHA-256\0')),
      /malformed AuthenticationSASL/,
    ],
    ['continues SCRAM that never began', backend('R', int32(11)), /out of turn/],
    ['lets us in and asks again', Buffer.concat([OK, backend('R', int32(3))]), /a message of type "R"/],
    ['becomes ready before it lets us in', READY, /a message of type "Z"/],
    [
      'sends a parameter without a value',
      Buffer.concat([OK, backend('S', Buffer.from('name\0'))]),
      /malformed ParameterStatus/,
    ],
    ['sends a key that is too long', Buffer.concat([OK, backend('K', Buffer.alloc(261))]), /malformed BackendKeyData/],
    ['sends a key that is too short', Buffer.concat([OK, backend('K', Buffer.alloc(7))]), /malformed BackendKeyData/],
    [
      'is in a state that does not exist',
      Buffer.concat([OK, backend('Z', Buffer.from('X'))]),
      /malformed ReadyForQuery/,
    ],
    [
      'negotiates a version that nobody asked for',
      backend('v', int32(196_612), int32(0)),
      /malformed NegotiateProtocolVersion/,
    ],
    [
      'refuses an option that was not sent',
      backend('v', int32(PROTOCOL_3_0), int32(1), Buffer.from('x\0')),
      /never sent/,
    ],
    ['tells of itself without end', Buffer.concat([OK, ...endlessParameters()]), /more than 262144 bytes/],
  ];
  for (const [name, answer, message] of answers) {
    test(`and ${name} is a protocol fault`, async () => {
      await using fake = await startFake((socket) => socket.once('data', () => socket.write(answer)));
      await assert.rejects(connectUpstream(fake.options, FOREVER), { code: 'upstream-protocol', message });
      await fake.allClosed();
    });
  }

  const refusals: readonly (readonly [name: string, answer: Buffer, message: RegExp])[] = [
    ['asks for Kerberos', backend('R', int32(7)), /asks for GSSAPI, which the gateway does not speak/],
    ['asks for a method of another time', backend('R', int32(99)), /an authentication of number 99/],
    [
      'offers no mechanism of ours',
      backend('R', int32(10), Buffer.from('OAUTHBEARER\0\0')),
      /none of the gateway's SASL/,
    ],
    [
      'offers binding alone without TLS',
      backend('R', int32(10), Buffer.from('SCRAM-SHA-256-PLUS\0\0')),
      /none of the gateway's SASL/,
    ],
    ['lets us in and leaves', OK, /closed the connection during the login/],
  ];
  for (const [name, answer, message] of refusals) {
    test(`and ${name} is a failed login`, async () => {
      await using fake = await startFake((socket) => socket.once('data', () => socket.end(answer)));
      await assert.rejects(connectUpstream(fake.options, FOREVER), { code: 'upstream-login', message });
    });
  }

  test('and lets us in without having proven that it knows the password is refused', async () => {
    await using fake = await startScramFake((_, socket) => socket.write(OK));
    await assert.rejects(connectUpstream(fake.options, FOREVER), { code: 'upstream-protocol', message: /out of turn/ });
  });

  test('and proves it wrongly is refused', async () => {
    const wrong = `v=${Buffer.alloc(32).toString('base64')}`;
    await using fake = await startScramFake((_, socket) => {
      socket.write(Buffer.concat([backend('R', int32(12), Buffer.from(wrong)), OK, READY]));
    });
    const message = 'SCRAM failed: the server did not prove that it knows the password';
    await assert.rejects(connectUpstream(fake.options, FOREVER), { code: 'upstream-login', message });
  });

  test('and repeats the password in its error does not have it repeated by us', async () => {
    const error = backend('E', Buffer.from('SFATAL\0C28P01\0Mno entry for "open sesame"\u001b[2J\u202e\0\0'));
    await using fake = await startFake((socket) => {
      socket.once('data', () => {
        socket.write(backend('R', int32(3)));
        socket.once('data', () => socket.end(error));
      });
    });
    const options = { ...fake.options, allowCleartext: true };
    const message = 'the server refused the login: no entry for "[secret]" [2J ';
    await assert.rejects(connectUpstream(options, FOREVER), { code: 'upstream-login', message });
  });
});

describe('a deadline', () => {
  const silent: readonly (readonly [
    name: string,
    script: (socket: Socket) => void,
    mode: 'disable' | 'require',
    code: string,
  ])[] = [
    ['at the TLS request', () => {}, 'require', 'upstream-tls'],
    ['within the TLS handshake', (socket) => socket.once('data', () => socket.write('S')), 'require', 'upstream-tls'],
    ['at login', () => {}, 'disable', 'upstream-login'],
    ['after the login', (socket) => socket.once('data', () => socket.write(OK)), 'disable', 'upstream-login'],
    [
      'within a message',
      (socket) => socket.once('data', () => socket.write(OK.subarray(0, 6))),
      'disable',
      'upstream-login',
    ],
  ];
  for (const [name, script, mode, code] of silent) {
    test(`ends a login to a fake server that hangs ${name}, and leaves nothing open`, async () => {
      await using fake = await startFake(script);
      const options = { ...fake.options, tls: { mode }, deadlineMs: 100 } as const;
      await assert.rejects(connectUpstream(options, FOREVER), { code, message: /within 100 ms$/ });
      await fake.allClosed();
    });

    test(`is not awaited ${name} where the caller gives up, whose reason is told`, async () => {
      const controller = new AbortController();
      const gone = new Fault('client-closed', 'the client left');
      await using fake = await startFake((socket) => {
        script(socket);
        socket.once('data', () => controller.abort(gone));
      });
      await assert.rejects(connectUpstream({ ...fake.options, tls: { mode } }, controller.signal), gone);
      await fake.allClosed();
    });
  }

  test('and the signal of a login end with it: the session outlives both', async () => {
    const controller = new AbortController();
    await using fake = await startFake((socket) => socket.once('data', () => socket.write(Buffer.concat([OK, READY]))));
    const { socket } = await connectUpstream({ ...fake.options, deadlineMs: 50 }, controller.signal);
    controller.abort();
    await delay(60);
    assert.equal(socket.destroyed, false);
    socket.destroy();
  });

  test('that has passed before does not open a connection', async () => {
    await using fake = await startFake(() => {});
    await assert.rejects(connectUpstream(fake.options, AbortSignal.abort(new Fault('client-closed', 'gone'))), /gone/);
    assert.equal(fake.connections, 0);
  });

  test('ends a cancel that the fake server never takes', async () => {
    await using fake = await startFake(() => {});
    const cancelled = cancelUpstream({ ...fake.options, deadlineMs: 100 }, 1, Buffer.alloc(4), FOREVER);
    await assert.rejects(cancelled, { code: 'upstream-closed', message: /within 100 ms$/ });
    await fake.allClosed();
  });
});

describe('an answer to the TLS request', () => {
  test('with anything behind it is refused, for it was not the server that encrypted it', async () => {
    const slipped = Buffer.concat([Buffer.from('S'), OK, READY]);
    await using fake = await startFake((socket) => socket.once('data', () => socket.write(slipped)));
    const message = 'the server sent unencrypted bytes after its answer about TLS';
    for (const mode of ['require', 'verify-full'] as const) {
      await assert.rejects(connectUpstream({ ...fake.options, tls: { mode } }, FOREVER), {
        code: 'upstream-tls',
        message,
      });
    }
  });

  test('that is an error is not read, whatever it says', async () => {
    const error = backend('E', Buffer.from('SFATAL\0Mcall this number\0\0'));
    await using fake = await startFake((socket) => socket.once('data', () => socket.write(error.subarray(0, 1))));
    const message = 'the server answered the TLS request with something else';
    await assert.rejects(connectUpstream({ ...fake.options, tls: { mode: 'require' } }, FOREVER), {
      code: 'upstream-tls',
      message,
    });
  });

  test('that never comes because the server leaves is a TLS fault', async () => {
    await using fake = await startFake((socket) => socket.end());
    await assert.rejects(connectUpstream({ ...fake.options, tls: { mode: 'verify-full' } }, FOREVER), {
      code: 'upstream-tls',
      message: /unanswered/,
    });
  });
});

describe('a fake server of another time', () => {
  const tooNew = backend('E', Buffer.from('SFATAL\0C0A000\0Munsupported frontend protocol 3.2\0\0'));

  for (const [name, answer] of [
    ['complains of the version', tooNew],
    ['hangs up', Buffer.alloc(0)],
  ] as const) {
    test(`that ${name} is asked again for protocol 3.0`, async () => {
      const versions: number[] = [];
      await using fake = await startFake((socket) => {
        socket.once('data', (startup: Buffer) => {
          versions.push(startup.readInt32BE(4));
          if (startup.readInt32BE(4) === PROTOCOL_3_2) socket.end(answer);
          else socket.write(Buffer.concat([OK, backend('K', int32(7), int32(9)), READY, Buffer.from('N\0\0\0\x05\0')]));
        });
      });
      const connection = await connectUpstream(fake.options, FOREVER);
      assert.deepEqual(versions, [PROTOCOL_3_2, PROTOCOL_3_0]);
      assert.equal(connection.protocolMinor, 0);
      assert.equal(connection.processId, 7);
      assert.deepEqual([...connection.secretKey], [0, 0, 0, 9]);
      assert.deepEqual(connection.leftover, Buffer.from('N\0\0\0\x05\0'));
      connection.socket.destroy();
    });
  }

  test('that hangs up each time is asked twice and no more', async () => {
    await using fake = await startFake((socket) => socket.once('data', () => socket.end()));
    const message = 'the server closed the connection without an answer';
    await assert.rejects(connectUpstream(fake.options, FOREVER), { code: 'upstream-login', message });
    assert.equal(fake.connections, 2);
  });

  test('that has no pooled server to cancel on gives no key, and a cancel says so', async () => {
    await using fake = await startFake((socket) => socket.once('data', () => socket.write(Buffer.concat([OK, READY]))));
    const connection = await connectUpstream(fake.options, FOREVER);
    connection.socket.destroy();
    const { processId, secretKey } = connection;
    await assert.rejects(cancelUpstream(fake.options, processId, secretKey, FOREVER), {
      message: /no key to cancel with/,
    });
  });
});

test('a login that arrives byte by byte is the login that arrives whole', async () => {
  const whole = Buffer.concat([
    backend('v', int32(PROTOCOL_3_0), int32(0)),
    OK,
    backend('S', Buffer.from('server_version\x0015.2\0')),
    backend('N', Buffer.from('SNOTICE\0Mhello\0\0')),
    backend('K', int32(5), int32(6)),
    READY,
  ]);
  await using fake = await startFake((socket) => {
    socket.setNoDelay(true);
    const sendFrom = (at: number): void => {
      if (at < whole.length) socket.write(whole.subarray(at, at + 1), () => sendFrom(at + 1));
    };
    socket.once('data', () => sendFrom(0));
  });
  const connection = await connectUpstream(fake.options, FOREVER);
  connection.socket.destroy();
  assert.deepEqual([...connection.parameters], [['server_version', '15.2']]);
  assert.equal(connection.protocolMinor, 0);
  assert.equal(connection.processId, 5);
});

test('an error response of any bytes at all becomes one line that can be shown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const error = parseErrorResponse(Buffer.from(bytes), undefined);
      assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.match(error.sqlstate, /^([0-9A-Z]{5})?$/);
    }),
  );
});

interface FakeServer extends AsyncDisposable {
  readonly options: UpstreamOptions;
  readonly connections: number;
  /** Resolves once the gateway has left every connection. */
  allClosed(): Promise<void>;
}

/** Not PostgreSQL: a server that does to each connection what `script` says. */
async function startFake(script: (socket: Socket) => void): Promise<FakeServer> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    // The gateway hangs up on misbehaviour; what was still being sent to it then fails.
    socket.on('error', () => {});
    script(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    options: {
      address: { host: '127.0.0.1', port: address.port },
      tls: { mode: 'disable' },
      credential: { user: 'postgres', password: new Secret('open sesame') },
      parameters: {},
    },
    get connections() {
      return sockets.length;
    },
    async allClosed() {
      for (const socket of sockets) {
        if (!socket.resume().closed) await new Promise((closed) => socket.once('close', closed));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Speaks SCRAM up to the client's final message, and hands over to `script` there. */
async function startScramFake(script: (final: Buffer, socket: Socket) => void): Promise<FakeServer> {
  const keys = await deriveScramKeys(new Secret('open sesame'), Buffer.from('salt'), 4096);
  const scram = scramServer({ keys, nonce: 'server', mechanism: 'SCRAM-SHA-256', allowPlus: undefined });
  return startFake((socket) => {
    socket.once('data', () => {
      socket.write(backend('R', int32(10), Buffer.from('SCRAM-SHA-256\0\0')));
      socket.once('data', (initial: Buffer) => {
        const first = initial.subarray(5 + 'SCRAM-SHA-256\0'.length + 4).toString();
        socket.write(backend('R', int32(11), Buffer.from(scram.first(first))));
        socket.once('data', (final: Buffer) => script(final, socket));
      });
    });
  });
}

function endlessParameters(): Buffer[] {
  return Array.from({ length: 300 }, (_, i) => backend('S', Buffer.from(`name${i}\0${'x'.repeat(1_000)}\0`)));
}

function backend(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}
