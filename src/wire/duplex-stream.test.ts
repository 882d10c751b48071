import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { connect, createSecureContext } from 'node:tls';
import { makeAuthority } from '../../test/support/certificates.ts';
import { duplexOf } from './byte-duplex.ts';
import { DuplexStream } from './duplex-stream.ts';
import { PeerLeft } from './peer-left.ts';

describe('DuplexStream', () => {
  test('gives what comes, what was given back first, and the end', async () => {
    const [near, far] = duplexPair();
    await using stream = new DuplexStream(near, 'there:1');
    far.write('world');
    assert.equal(String(await stream.read()), 'world');
    stream.unread(Buffer.from('hello'));
    assert.equal(String(await stream.read()), 'hello');
    await stream.write(Buffer.from('back'));
    assert.equal(String(((await once(far, 'data')) as [Buffer])[0]), 'back');
    far.end();
    assert.equal(await stream.read(), null);
    assert.ok(stream.signal.reason instanceof PeerLeft);
  });

  test('tells whoever reads that the other side broke off', async () => {
    const [near] = duplexPair();
    await using stream = new DuplexStream(near, 'there:1');
    const reading = stream.read();
    near.destroy(new Error('gone'));
    await assert.rejects(reading, PeerLeft);
    await assert.rejects(Promise.resolve(stream.write(Buffer.from('x'))), PeerLeft);
  });

  test('becomes TLS with what came ahead, and says what was agreed on', async () => {
    const authority = await makeAuthority();
    const { certificate, key } = await authority.issue({ commonName: 'a.test', names: ['a.test'] });
    const [near, far] = duplexPair();
    const client = connect({ socket: far, ca: authority.certificate, servername: 'a.test', ALPNProtocols: ['h2'] });
    await using stream = new DuplexStream(near, 'there:1');
    stream.unread((await stream.read()) ?? assert.fail('no hello came'));
    const secured = once(client, 'secureConnect');
    await stream.startTls(createSecureContext({ cert: certificate, key }), { alpn: ['h2'], requireAlpn: true });
    await secured;
    assert.deepEqual([stream.tls, stream.alpn], [true, 'h2']);
    client.write('hello');
    assert.equal(String(await stream.read()), 'hello');
    client.destroy();
  });

  test('goes on as a stream of Node over any other, which reads when it is read', async () => {
    const [near, far] = duplexPair();
    const duplex = duplexOf(new DuplexStream(near, 'there:1'));
    far.write('hello');
    assert.equal(String(((await once(duplex, 'data')) as [Buffer])[0]), 'hello');
    duplex.write('ba');
    duplex.write('ck');
    let back = '';
    while (back !== 'back') back += String(((await once(far, 'data')) as [Buffer])[0]);
    duplex.destroy();
    await once(near, 'close');
  });
});
