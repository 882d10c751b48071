import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { card, isCardNumber } from './card.ts';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';

test('numbers of the networks are found, together and in groups', () => {
  assertFindsEach(card, [
    '4111111111111111',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4012888888881881',
    '4222222222222',
    '5555555555554444',
    '5105 1051 0510 5100',
    '2223003122003222',
    '2223-0031-2200-3222',
    '378282246310005',
    '3782 822463 10005',
    '371449635398431',
    '6011111111111117',
    '6011 0009 9013 9424',
    '3530111333300000',
    '3566 0020 2036 0505',
    '30569309025904',
    '3056 930902 5904',
    '38520000023237',
    '6200000000000005',
    '6759649826438453',
    '6304000000000000',
    '4000000760000002',
    '5200828282828210',
  ]);
});

test('digits that no network issued, or that do not check, are left alone', () => {
  assertFindsNothing(card, [
    '4111111111111112',
    '4111 1111 1111 1112',
    '0000000000000000',
    '1111111111111117',
    '1234567890123456',
    '1700000000000',
    '1700000000000000',
    '9007199254740991',
    '411111111111111',
    '41111111111111111',
    '04111111111111111',
    'x4111111111111111',
    '4111111111111111x',
    '0.4111111111111111',
    '4111111111111111.25',
    '41 11 11 11 11 11 11 11',
    '4111-1111 1111-1111',
    '4111  1111  1111  1111',
    '4111_1111_1111_1111',
    '4111,1111,1111,1111',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    '2024-01-01 10:00:00.123456',
    '2023-01-01 2024-01-01',
    '12345678901234567890123456789',
    '7992739871300000',
  ]);
});

test('a card beside other numbers is found without them', () => {
  assert.deepEqual(found(card, '12 4111 1111 1111 1111 12/26 123'), ['4111 1111 1111 1111']);
  assert.deepEqual(found(card, '4111111111111111 5555555555554444'), ['4111111111111111', '5555555555554444']);
  assert.deepEqual(found(card, 'id=7;pan=4111111111111111;cvc=123'), ['4111111111111111']);
});

test('changing any digit of a card makes it no card', () => {
  fc.assert(
    fc.property(fc.nat(14), fc.integer({ min: 1, max: 9 }), (position, change) => {
      const digits = '4111111111111111'.split('');
      const at = position + 1;
      digits[at] = String((Number(digits[at]) + change) % 10);
      assert.equal(isCardNumber(digits.join('')), false);
    }),
  );
});
