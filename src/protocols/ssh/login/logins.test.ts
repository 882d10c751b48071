import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client, type ConnectConfig } from 'ssh2';
import { runSsh } from '../../../../test/support/run-ssh.ts';
import { clientFiles, type SshGateway, startSshGateway } from '../../../../test/support/ssh-gateway.ts';
import { newKey, type SshServer, sshTarget, startSshServer } from '../../../../test/support/ssh-server.ts';
import { until } from '../../../../test/support/until.ts';
import { readSshKeyLine } from '../../../model/ssh-key.ts';
import { signCertificate } from '../keys/certificate.ts';
import { privateKey } from '../keys/private-key.ts';
import { lineOf } from '../keys/public-key.ts';
import { PacketWriter } from '../transport/packets.ts';

const authority = privateKey(generateKeyPairSync('ed25519').privateKey);
let server: SshServer;
let gateway: SshGateway;
before(async () => {
  server = await startSshServer();
  gateway = await startSshGateway({ targets: [sshTarget(server)], authorities: [authority.blob] });
});
after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

/** Logs in with the library's client; what it was told where it cannot. */
async function logIn(config: ConnectConfig): Promise<string> {
  const client = new Client();
  try {
    return await new Promise<string>((resolve) => {
      client.on('ready', () => resolve('in'));
      client.on('error', (fault) => resolve(fault.message));
      client.connect({ host: '127.0.0.1', port: gateway.port, ...config });
    });
  } finally {
    client.end();
  }
}

describe('logins', () => {
  it('are let in by the grant and its secret as a password', async () => {
    const { user, password } = await gateway.grant();
    assert.equal(await logIn({ username: '+shop', password: `${user}.${password}` }), 'in');
    assert.equal(await logIn({ username: `${server.user}+shop`, password: `${user}.${password}` }), 'in');
  });

  it('say the same of a wrong secret, an unknown grant, a key that nobody knows, and a target that is none', async () => {
    const { user, password } = await gateway.grant();
    const stranger = await newKey(gateway.directory, 'stranger');
    const failed = 'All configured authentication methods failed';
    assert.equal(await logIn({ username: '+shop', password: `${user}.wrong` }), failed);
    assert.equal(await logIn({ username: '+shop', password: `grt_nobody.${password}` }), failed);
    assert.equal(await logIn({ username: '+nothing', password: `${user}.wrong` }), failed);
    assert.equal(await logIn({ username: '+shop', password }), failed);
    assert.equal(await logIn({ username: '+shop', privateKey: stranger.pem }), failed);
    assert.equal(await logIn({ username: '+shop' }), failed);
  });

  it('tell who proved a grant why it may not enter', async () => {
    const { user, password } = await gateway.grant();
    const told = await logIn({ username: '+nothing', password: `${user}.${password}` });
    assert.equal(told, 'chaperone: target-unknown: there is no target "nothing"');
    const late = await gateway.grant();
    gateway.revoke(late);
    const revoked = await logIn({ username: '+shop', password: `${late.user}.${late.password}` });
    assert.equal(revoked, 'chaperone: grant-revoked: the grant was revoked');
  });

  it('are let in by a certificate of the gateway for the grant, and by no other', async () => {
    const { user } = await gateway.grant();
    const files = await clientFiles(gateway);
    const key = await newKey(gateway.directory, `certified-${user}`);
    const blob = readSshKeyLine(key.line) ?? assert.fail('no key');
    const sign = async (
      by: typeof authority,
      principals: readonly string[],
      untilMs: number,
    ): Promise<number | string> => {
      const times = { validAfterMs: Date.now() - 60_000, validBeforeMs: untilMs };
      const drawn = { serial: 7n, nonce: randomBytes(32), extensions: ['permit-pty'] };
      const certificate = signCertificate({
        key: { blob },
        authority: by,
        keyId: user,
        principals,
        ...times,
        ...drawn,
      });
      await writeFile(`${key.path}-cert.pub`, `${lineOf(certificate)}\n`);
      // Without the certificate the key proves nothing.
      const only = ['-o', 'IdentityFile=none', '-o', `CertificateFile=${key.path}-cert.pub`, '-i', key.path];
      return (await runSsh(files.config, ['-o', 'IdentitiesOnly=yes', ...only, 'shop', 'true'])).code;
    };
    const later = Date.now() + 60_000;
    await writeFile(files.config, (await readFile(files.config, 'utf8')).replace(/^ {2}IdentityFile .*$/m, ''));
    assert.equal(await sign(authority, [user], later), 0);
    assert.equal(await sign(authority, ['grt_nobody'], later), 255);
    assert.equal(await sign(authority, [user], Date.now() - 1_000), 255);
    assert.equal(await sign(privateKey(generateKeyPairSync('ed25519').privateKey), [user], later), 255);
  });

  it('end after so many attempts, and are never let in by what only asks', async () => {
    const failures = await logIn({
      username: '+shop',
      authHandler: (_left, _partial, next) => next({ type: 'password', username: '+shop', password: 'grt_x.y' }),
    });
    assert.match(failures, /too many attempts/);
  });

  it('begin with a key exchange that the client has guessed right, as Dropbear does', async () => {
    const lists = ['curve25519-sha256', 'ssh-ed25519', ...Array<string>(2).fill('aes128-ctr')];
    const both = ['hmac-sha2-256', 'hmac-sha2-256', 'none', 'none', '', ''];
    const offer = new PacketWriter().byte(20).raw(randomBytes(16));
    for (const list of [...lists, ...both]) offer.string(list);
    const curve = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x ?? '';
    const guess = new PacketWriter().byte(30).string(Buffer.from(curve, 'base64url'));
    const said = Buffer.concat([packed(offer.bool(true).u32(0).done()), packed(guess.done())]);
    const socket = connect(gateway.port, '127.0.0.1');
    try {
      socket.write(Buffer.concat([Buffer.from('SSH-2.0-tests\r\n'), said]));
      let heard = Buffer.alloc(0);
      const answers = (): readonly number[] => typesOf(heard.subarray(heard.indexOf('\n') + 1));
      socket.on('data', (bytes) => {
        heard = Buffer.concat([heard, bytes]);
      });
      await until(() => Promise.resolve(answers().length >= 3));
      // The gateway's offer, the answer to the guess, and that its keys are in use.
      assert.deepEqual(answers(), [20, 31, 21]);
    } finally {
      socket.destroy();
    }
  });

  it('take nothing that is old: CBC, SHA-1, DSA', async () => {
    const { user, password } = await gateway.grant();
    const as = { username: '+shop', password: `${user}.${password}` };
    assert.match(await logIn({ ...as, algorithms: { cipher: ['aes256-cbc'] } }), /no matching/);
    assert.match(await logIn({ ...as, algorithms: { kex: ['diffie-hellman-group14-sha1'] } }), /no matching/);
    assert.match(await logIn({ ...as, algorithms: { cipher: ['aes256-ctr'], hmac: ['hmac-sha1'] } }), /no matching/);
    assert.equal(await logIn({ ...as, algorithms: { cipher: ['chacha20-poly1305@openssh.com'] } }), 'in');
    assert.equal(await logIn({ ...as, algorithms: { cipher: ['aes256-ctr'], hmac: ['hmac-sha2-512'] } }), 'in');
  });
});

/** A packet before there are keys (RFC 4253, section 6). */
function packed(payload: Buffer): Buffer {
  const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8);
  return new PacketWriter()
    .u32(payload.length + padding + 1)
    .byte(padding)
    .raw(payload)
    .raw(Buffer.alloc(padding))
    .done();
}

function typesOf(packets: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = 0; at + 6 <= packets.length; at += 4 + packets.readUInt32BE(at)) types.push(packets[at + 5] ?? 0);
  return types;
}
