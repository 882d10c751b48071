import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import { SCOPES } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import { listOperatorTokens, revokeOperatorToken } from '../store/operator-rows.ts';
import { operatorTokens } from './operator-tokens.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');

onEachStore('operator tokens', (stores) => {
  test('say who somebody is until they expire or are revoked, and are kept as hashes', async () => {
    const store = await stores.open();
    const clock = { ms: START };
    const tokens = operatorTokens(store, { now: () => clock.ms, random: (bytes) => randomBytes(bytes) });
    const lasting = await tokens.create({ name: 'ada', may: 'admin' });
    const brief = await tokens.create({ name: 'ben', may: 'auditor', expiresAt: '2026-01-02T03:05:05.678Z' });
    assert.match(lasting.token.reveal(), /^chp_op_[A-Za-z0-9_-]{43}$/);
    const ada = await tokens.authenticate(lasting.token);
    assert.deepEqual([ada?.name, ada?.scopes, ada?.person], ['ada', new Set(SCOPES), undefined]);
    const ben = await tokens.authenticate(brief.token);
    assert.deepEqual([ben?.scopes.has('recordings:read'), ben?.scopes.has('grants:revoke')], [true, false]);
    assert.equal(await tokens.authenticate(new Secret(`${lasting.token.reveal()}x`)), undefined);
    assert.equal(await tokens.authenticate(new Secret('')), undefined);
    clock.ms += 60_000;
    assert.equal(await tokens.authenticate(brief.token), undefined);
    assert.equal(await revokeOperatorToken(store, lasting.id, '2026-01-02T03:06:00.000Z'), true);
    assert.equal(await revokeOperatorToken(store, lasting.id, '2026-01-02T03:06:01.000Z'), false);
    assert.equal(await tokens.authenticate(lasting.token), undefined);
    const kept = JSON.stringify(await listOperatorTokens(store));
    assert.equal(kept.includes(lasting.token.reveal()), false);
    assert.equal(kept.includes('ada'), true);
  });
});
