import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNameServer } from '../../../test/support/name-server.ts';
import { addressesOf } from './name-lookup.ts';
import { checkedLookup } from './outgoing.ts';

const STRICT = { allowPrivate: false, insecureLoopback: false };

/** What a socket would be given to connect to, or why it is given nothing. */
function given(name: string, allowed: typeof STRICT, resolver: Parameters<typeof checkedLookup>[1]): Promise<string> {
  return new Promise((resolve) => {
    checkedLookup(allowed, resolver)(name, { all: true }, (error, found) => {
      if (error) resolve(error.message);
      else resolve((found as { address: string }[]).map(({ address }) => address).join(' '));
    });
  });
}

test('a name is asked of the name servers, and of the system where they do not know it', async () => {
  await using server = await startNameServer();
  server.names.set('hooks.test', ['93.184.216.34', '93.184.216.35']);
  assert.deepEqual(await addressesOf('hooks.test', server.resolver), [
    { address: '93.184.216.34', family: 4 },
    { address: '93.184.216.35', family: 4 },
  ]);
  const local = await addressesOf('localhost', server.resolver);
  assert.ok(local.some(({ address }) => address === '127.0.0.1' || address === '::1'));
});

test('a name server that is silent fails the lookup, and the system is not kept waiting for it', async () => {
  await using server = await startNameServer();
  await assert.rejects(addressesOf('silent.test', server.resolver), { code: 'ETIMEOUT' });
});

test('a name that leads to an inner address is given to no socket, not even with a public one beside it', async () => {
  await using server = await startNameServer();
  server.names.set('public.test', ['93.184.216.34']);
  server.names.set('inner.test', ['10.0.0.7']);
  server.names.set('mixed.test', ['93.184.216.34', '127.0.0.1']);
  server.names.set('metadata.test', ['169.254.169.254']);
  const why = (address: string) => `${address} is not a public address, and this channel may not use it`;
  assert.equal(await given('public.test', STRICT, server.resolver), '93.184.216.34');
  assert.equal(await given('inner.test', STRICT, server.resolver), why('10.0.0.7'));
  assert.equal(await given('mixed.test', STRICT, server.resolver), why('127.0.0.1'));
  assert.equal(await given('inner.test', { ...STRICT, allowPrivate: true }, server.resolver), '10.0.0.7');
  assert.equal(await given('inner.test', { ...STRICT, insecureLoopback: true }, server.resolver), why('10.0.0.7'));
  assert.equal(
    await given('metadata.test', { ...STRICT, allowPrivate: true }, server.resolver),
    why('169.254.169.254'),
  );
});

test('each lookup asks anew, so that a name which changes is checked where it is used', async () => {
  await using server = await startNameServer();
  server.names.set('rebinding.test', ['93.184.216.34']);
  assert.equal(await given('rebinding.test', STRICT, server.resolver), '93.184.216.34');
  server.names.set('rebinding.test', ['127.0.0.1']);
  assert.match(await given('rebinding.test', STRICT, server.resolver), /^127\.0\.0\.1 is not a public address/);
});
