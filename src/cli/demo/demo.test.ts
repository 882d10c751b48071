import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { parse } from 'yaml';
import { openCertificateAuthority } from '../start/certificates.ts';
import { startDemo } from './demo.ts';
import { shopScript } from './shop-data.ts';

interface Declared {
  readonly targets: readonly {
    readonly address: string;
    readonly credential: { readonly user: string; readonly password: { readonly value: string } };
    readonly classified: readonly { readonly column: string }[];
  }[];
}

test("the demo's database holds the shop, behind TLS and one role, with a password of this start alone", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-demo-test-'));
  await chmod(directory, 0o711);
  const authority = await openCertificateAuthority(join(directory, 'tls'), Date.now());
  const start = (freePort?: () => Promise<number>) =>
    startDemo({ dataDirectory: directory, authority, nowMs: Date.now, ...(freePort ? { freePort } : {}) });
  const targetOf = (demo: Awaited<ReturnType<typeof start>>) =>
    (parse(demo.files[0]?.text ?? '') as Declared).targets[0];
  const connect = async (target: ReturnType<typeof targetOf>, options: object) => {
    const [host = '', port] = target?.address.split(':') ?? [];
    const credential = { user: target?.credential.user ?? '', password: target?.credential.password.value ?? '' };
    const client = new Client({
      host,
      port: Number(port),
      database: 'shop',
      ...credential,
      ssl: { ca: authority.certificate },
      ...options,
    });
    await client.connect();
    return client;
  };
  try {
    let first: string | undefined;
    {
      await using demo = await start();
      const target = targetOf(demo);
      first = target?.credential.password.value;
      const client = await connect(target, {});
      const { rows } = await client.query(
        'SELECT (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM staff) AS staff',
      );
      assert.deepEqual(rows, [{ customers: '200', staff: '24' }]);
      const classified = target?.classified.map(({ column }) => column.split('.').slice(1)) ?? [];
      for (const [table, column] of classified) await client.query(`SELECT ${column} FROM ${table} LIMIT 1`);
      await client.query('DELETE FROM payments WHERE id = 1');
      await client.end();
      await assert.rejects(connect(target, { ssl: false }), /no pg_hba.conf entry/);
      await assert.rejects(connect(target, { password: 'guess' }), /password authentication failed/);
      await assert.rejects(connect(target, { user: 'postgres' }), /no pg_hba.conf entry/);
    }
    {
      // Another program takes the port that was free.
      const [other, soon] = [await listening(), await listening()];
      const taken = portOf(other);
      const free = portOf(soon);
      await new Promise((resolve) => soon.close(resolve));
      const offered = [taken, free];
      await using demo = await start(() => Promise.resolve(offered.shift() ?? 0));
      other.close();
      const target = targetOf(demo);
      assert.equal(target?.address, `127.0.0.1:${free}`);
      assert.notEqual(target?.credential.password.value, first);
      const client = await connect(target, {});
      const { rows } = await client.query('SELECT count(*) FROM payments WHERE id = 1');
      assert.deepEqual(rows, [{ count: '0' }]);
      await client.end();
      const kept = await Promise.all(
        ['postgresql.conf', 'pg_hba.conf'].map((name) =>
          readFile(join(directory, 'demo', 'postgres', 'data', name), 'utf8'),
        ),
      );
      assert.ok(!kept.join('').includes(target?.credential.password.value ?? ''));
    }
    assert.deepEqual(await readdir(join(directory, 'demo')), ['issuer-request-token', 'postgres']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("the shop's people, cards and accounts are made up and of valid form", () => {
  const script = shopScript();
  assert.equal(script, shopScript());
  const addresses = script.match(/[\w.]+@[\w.]+/g) ?? [];
  assert.ok(addresses.length > 200);
  assert.deepEqual(
    addresses.filter((address) => !/@(staff\.)?example\.com$/.test(address)),
    [],
  );
  const cards = new Set(script.match(/(?<=')\d{14,16}(?=')/g));
  assert.ok(cards.size > 3);
  assert.deepEqual(
    [...cards].filter((card) => !luhn(card)),
    [],
  );
  const accounts = new Set(script.match(/(?<=')[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?=')/g));
  assert.ok(accounts.size > 3);
  assert.deepEqual(
    [...accounts].filter((account) => !mod97(account)),
    [],
  );
});

/** ISO/IEC 7812-1, annex B. */
function luhn(digits: string): boolean {
  const sum = digits
    .split('')
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

/** ISO 13616: letters count from 10, and the first four characters stand last. */
function mod97(account: string): boolean {
  const turned = account.slice(4) + account.slice(0, 4);
  const digits = turned.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listening(): Promise<Server> {
  return new Promise((resolve) => {
    const server: Server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}
