import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issuerOf } from './check-identity.ts';

test('the issuer of a token is its iss, and that of a JWT-SVID without one its trust domain', () => {
  assert.equal(issuerOf({ iss: 'https://ci.example', sub: 'spiffe://other.example/x' }), 'https://ci.example');
  assert.equal(issuerOf({ sub: 'spiffe://prod.example/ns/ci/sa/agent' }), 'spiffe://prod.example');
  assert.equal(issuerOf({ sub: 'spiffe://prod.example' }), undefined);
  assert.equal(issuerOf({ sub: 'spiffe:///x' }), undefined);
  assert.equal(issuerOf({ sub: 'job:1' }), undefined);
  assert.equal(issuerOf({}), undefined);
});
