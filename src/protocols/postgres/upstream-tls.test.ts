import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { useServerCertificate } from '../../../test/support/server-certificate.ts';
import { login, optionsOf, outcomeOf, tlsFault, withPassword } from '../../../test/support/upstream-logins.ts';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import type { TlsMode } from '../../model/target.ts';
import { connectUpstream } from './upstream-login.ts';

describe('TLS', () => {
  let server: PostgresServer;
  let plain: PostgresServer;
  before(async () => {
    [server, plain] = await Promise.all([startPostgres({ tlsOnly: true }), startPostgres({})]);
  });
  after(() => Promise.all([server.stop(), plain.stop()]));

  const outcomes: readonly (readonly [TlsMode, 'verified' | 'unverified' | 'plain' | 'refused'])[] = [
    ['disable', 'plain'],
    ['prefer', 'plain'],
    ['require', 'refused'],
    ['verify-ca', 'refused'],
    ['verify-full', 'refused'],
  ];
  for (const [mode, outcome] of outcomes) {
    test(`by ${mode} with a server that has none is ${outcome}`, async () => {
      assert.equal(await outcomeOf({ ...optionsOf(plain, mode), tls: { mode } }), outcome);
    });
  }

  test('checks the chain where authorities are given, and also by prefer and require, as libpq does', async () => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full'] as const) {
      assert.equal(await outcomeOf(optionsOf(server, mode)), 'verified', mode);
    }
  });

  test('by prefer and require without authorities trusts anybody, and says so', async () => {
    for (const mode of ['prefer', 'require'] as const) {
      assert.equal(await outcomeOf({ ...optionsOf(server, mode), tls: { mode } }), 'unverified', mode);
    }
  });

  test('refuses a certificate that neither the system nor the given authorities vouch for', async () => {
    const { certificate: other } = await makeAuthority('Somebody else');
    for (const ca of [undefined, other]) {
      for (const mode of ['verify-ca', 'verify-full'] as const) {
        const tls = ca === undefined ? { mode } : { mode, ca };
        await assert.rejects(login({ ...optionsOf(server, mode), tls }), tlsFault(/: SELF_SIGNED_CERT_IN_CHAIN$/));
      }
    }
    const required = { ...optionsOf(server, 'require'), tls: { mode: 'require', ca: other } } as const;
    await assert.rejects(login(required), tlsFault(/: SELF_SIGNED_CERT_IN_CHAIN$/));
  });

  test('checks the name by verify-full alone, and the configured one in place of the address', async () => {
    const named = (mode: TlsMode, serverName: string) => {
      return { ...optionsOf(server, mode), tls: { mode, ca: server.ca!, serverName } };
    };
    await assert.rejects(login(named('verify-full', 'db.example.com')), tlsFault(/ERR_TLS_CERT_ALTNAME_INVALID/));
    await assert.rejects(login(named('verify-full', '10.0.0.1')), tlsFault(/ERR_TLS_CERT_ALTNAME_INVALID/));
    assert.equal(await outcomeOf(named('verify-ca', 'db.example.com')), 'verified');
    assert.equal(await outcomeOf(named('verify-full', 'localhost')), 'verified');
    assert.equal(await outcomeOf(named('verify-full', '127.0.0.1')), 'verified');
  });

  test('refuses certificates that are out of date, and those of another name', async () => {
    const authority = await makeAuthority();
    await using own = await startPostgres({ tls: true });
    const tls = { mode: 'verify-full', ca: authority.certificate } as const;
    const leaf = { commonName: 'localhost', names: ['127.0.0.1'] };
    const hour = 3_600_000;
    const cases = [
      [{ ...leaf, validUntilMs: Date.now() - hour / 2 }, /: CERT_HAS_EXPIRED$/],
      [{ ...leaf, validFromMs: Date.now() + hour }, /: CERT_NOT_YET_VALID$/],
      [{ ...leaf, names: ['127.0.0.2', 'localhost'] }, /: ERR_TLS_CERT_ALTNAME_INVALID$/],
    ] as const;
    for (const [options, message] of cases) {
      await useServerCertificate(own, await authority.issue(options));
      await assert.rejects(login({ ...optionsOf(own, 'verify-full'), tls }), tlsFault(message));
    }
    await useServerCertificate(own, await authority.issue(leaf));
    await login({ ...optionsOf(own, 'verify-full'), tls });
  });

  test('older than 1.2 is refused', async () => {
    await using own = await startPostgres({
      tls: true,
      settings: { ssl_min_protocol_version: 'TLSv1', ssl_max_protocol_version: 'TLSv1.1' },
    });
    await assert.rejects(login(optionsOf(own, 'require')), tlsFault(/: (ERR_SSL|ECONNRESET)/));
  });

  test('speaks 1.2 with a server that knows no later one', async () => {
    await using own = await startPostgres({ tls: true, settings: { ssl_max_protocol_version: 'TLSv1.2' } });
    const { socket, tls } = await connectUpstream(optionsOf(own, 'verify-full'), new AbortController().signal);
    socket.destroy();
    assert.equal(tls?.protocol, 'TLSv1.2');
  });

  test('is not left by prefer because a server insists on it', async () => {
    assert.equal(await outcomeOf(optionsOf(server, 'disable')), 'refused');
    assert.equal(await outcomeOf(optionsOf(server, 'prefer')), 'verified');
  });

  test('says that configured certificates are unusable, without quoting them', async () => {
    const clientCertificate = { certificate: 'not PEM', key: new Secret('private-key-text') };
    const options = { ...optionsOf(server, 'require'), credential: { user: 'postgres', clientCertificate } };
    await assert.rejects(login(options), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'upstream-tls');
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /private-key-text|not PEM/);
      return true;
    });
  });
});

describe('a password in the clear', () => {
  test('is shown over required TLS, a Unix socket, or by permission, and not over a plain connection', async () => {
    await using server = await startPostgres({ auth: 'password', tls: true });
    const { ca: _, ...noCa } = { ...optionsOf(server, 'prefer').tls };
    assert.equal(await outcomeOf(optionsOf(server, 'disable')), 'refused');
    assert.equal(await outcomeOf({ ...optionsOf(server, 'prefer'), tls: noCa }), 'refused');
    assert.equal(await outcomeOf({ ...optionsOf(server, 'disable'), allowCleartext: true }), 'plain');
    assert.equal(await outcomeOf({ ...optionsOf(server, 'require'), tls: { mode: 'require' } }), 'unverified');
    assert.equal(await outcomeOf(optionsOf(server, 'prefer')), 'verified');
  });

  test('never stands in an error', async () => {
    await using server = await startPostgres({ auth: 'password', tls: true });
    const wrong = 'correct horse battery staple';
    await assert.rejects(login({ ...withPassword(server, wrong) }), (error: unknown) => {
      assert.doesNotMatch(`${(error as Error).stack} ${String((error as Error).cause)}`, /correct horse/);
      return true;
    });
  });
});
