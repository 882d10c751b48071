import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';
import { ipAddress } from './ip-address.ts';

test('addresses of both versions are found', () => {
  assertFindsEach(ipAddress, [
    '10.0.0.1',
    '192.168.1.254',
    '8.8.8.8',
    '203.0.113.9',
    '255.255.255.0',
    '100.64.0.1',
    '172.16.254.1',
    '1.1.1.1',
    '169.254.169.254',
    '198.51.100.7',
    '2001:db8::1',
    '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
    '2001:DB8:0:0:8:800:200C:417A',
    'fe80::1ff:fe23:4567:890a',
    '::ffff:192.0.2.128',
    '64:ff9b::192.0.2.33',
    '2606:4700:4700::1111',
    'fd12:3456:789a:1::1',
    '2001:db8::',
    '::2',
  ]);
});

test('versions, times, hardware addresses and nobody’s addresses are left alone', () => {
  assertFindsNothing(ipAddress, [
    '127.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    'v1.2.3.4',
    '1.2.3.4a',
    '01.02.03.04',
    '10:00:00',
    '2024-01-01 10:00:00.123',
    '00:1b:44:11:3a:b7',
    'std::string',
    'id::text',
    'a::b',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '2001:db8::1::2',
    '12345::1',
  ]);
});

test('a port or a network’s length is not part of an address', () => {
  assert.deepEqual(found(ipAddress, 'from 10.1.2.3:5432 to 10.1.0.0/16 and [2001:db8::1]:443'), [
    '10.1.2.3',
    '10.1.0.0',
    '2001:db8::1',
  ]);
});
