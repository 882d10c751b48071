import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicAddress, serverNames } from './own-addresses.ts';
import type { StartConfig } from './start-config.ts';

test('a gateway whose public address is one of IPv6 is named as sockets and certificates take it', () => {
  const loopback = { host: '::1', port: 7432 };
  const config: StartConfig = {
    kind: 'configured',
    dataDirectory: '/nowhere',
    api: loopback,
    postgres: loopback,
    portsMayMove: false,
    publicUrl: 'https://[2001:db8::7]:7420',
  };
  assert.deepEqual(publicAddress(config, loopback), { host: '2001:db8::7', port: 7432 });
  assert.ok(serverNames(config).includes('2001:db8::7'));
});
