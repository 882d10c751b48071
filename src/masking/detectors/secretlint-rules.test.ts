import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey } from './api-key.ts';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';
import { findBySecretlint } from './secretlint-rules.ts';

const MIXED = 'aB3dE5gH7jK9mN1pQ3sT5vX7zB9dF1hJ3lN5pR7tV9xZ1bD3fG5hJ7kL9mN1pQ3s';
const NOTION = ['ntn_', '12345678901', MIXED.slice(0, 35)].join('');
const TAILSCALE = ['tskey-', 'auth-', MIXED.slice(0, 12), '-', MIXED.slice(0, 32)].join('');

function onePassword(): string {
  const token = { email: 'ada@example.com', secretKey: MIXED, deviceUuid: MIXED.slice(0, 24), throttle: 'none' };
  for (let filler = ''; ; filler += 'x') {
    const text = JSON.stringify({ ...token, filler });
    // Such tokens end in `fQ`, as JSON does where its length is one more than a multiple of three.
    if (text.length % 3 === 1) return `ops_${Buffer.from(text).toString('base64')}`;
  }
}

test('what only the preset knows is found', () => {
  assertFindsEach(apiKey, [
    NOTION,
    TAILSCALE,
    ['vcp_', MIXED.slice(0, 56)].join(''),
    ['cfat_', MIXED.slice(0, 40), '0123abcd'].join(''),
  ]);
  const token = onePassword();
  assert.deepEqual(found(apiKey, `"${token}"`), [token]);
});

test('what is no key of the form is left alone', () => {
  assertFindsNothing(apiKey, ['ntn_123', 'vcp_short', 'ops_eyes', 'tskey-auth', 'cfk_model', NOTION.slice(0, -1)]);
});

/** The texts that the rules report. */
function reported(text: string): readonly string[] {
  const found: string[] = [];
  findBySecretlint(text, (start, end) => found.push(text.slice(start, end)));
  return [...new Set(found)];
}

test('a key is found wherever the end of a window comes', () => {
  // A literal at the beginning opens the first window; windows are 4,096 characters long.
  for (const at of [0, 1, 2_559, 2_560, 2_561, 4_000, 4_060, 4_095, 4_096, 4_097, 6_650, 9_000, 20_000]) {
    const text = `ntn_ ${'.'.repeat(at)} ${NOTION} ntn_`;
    assert.deepEqual(reported(text), [NOTION], `${at}`);
  }
});

test('a text cannot switch rules off', () => {
  assert.deepEqual(reported(`secretlint-disable\n${NOTION} // secretlint-disable-line`), [NOTION]);
});

test('one text leaves nothing behind for the next', () => {
  assert.deepEqual(reported(NOTION), [NOTION]);
  assert.deepEqual(reported('ntn_'), []);
  assert.deepEqual(reported(TAILSCALE), [TAILSCALE]);
});
