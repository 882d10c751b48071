import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressClass, addressClass } from './address-class.ts';

const CASES: Readonly<Record<AddressClass, readonly string[]>> = {
  public: ['8.8.8.8', '172.15.255.255', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '100.63.0.1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:10.1.2.3'],
  loopback: ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'],
  never: [
    '0.0.0.0',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
    'fe80::1',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '198.18.0.1',
  ],
};

for (const [kind, addresses] of Object.entries(CASES)) {
  test(`these are ${kind} addresses: ${addresses.join(', ')}`, () => {
    assert.deepEqual(
      addresses.map((address) => [address, addressClass(address)]),
      addresses.map((address) => [address, kind]),
    );
  });
}
