import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore, type StoreFixture } from '../../test/support/stores.ts';
import {
  type DeviceLoginRow,
  decideDeviceLogin,
  deleteBrowserSessions,
  findBrowserSession,
  insertBrowserSession,
  insertDeviceLogin,
  insertFirstLogin,
  insertLoginAttempt,
  isFirstLogin,
  pollDeviceLogin,
  takeLoginAttempt,
  useFirstLogin,
} from './login-rows.ts';
import { insertOperatorToken, listOperatorTokens } from './operator-rows.ts';
import {
  changePerson,
  type Entered,
  enterPerson,
  hasAdministrator,
  listPeople,
  type PersonRow,
} from './people-rows.ts';
import { openStore, type Store } from './store.ts';

const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

function enter(store: Store, login: string, more: Partial<PersonRow> = {}): Promise<Entered> {
  const claimed = {
    issuer: 'https://login.test',
    subject: login,
    login,
    name: null,
    email: null,
    claimed_groups: '[]',
    claimed_roles: '[]',
    claimed_handles: '[]',
    ...more,
  };
  return enterPerson(store, { claimed, id: `psn_${login}_${claimed.subject}_${claimed.issuer}`, now: at(1) });
}

async function entered(store: Store, login: string, more: Partial<PersonRow> = {}): Promise<PersonRow> {
  const result = await enter(store, login, more);
  assert.equal(result.kind, 'entered');
  return result.row;
}

/** One store as two gateways have it. The embedded one stops its whole thread to wait, so there it is one and the same. */
async function openPair(stores: StoreFixture) {
  const place = await stores.place();
  const store = await openStore(place);
  const other = place.databaseUrl === undefined ? store : await openStore(place);
  const close = async () => {
    await store[Symbol.asyncDispose]();
    if (other !== store) await other[Symbol.asyncDispose]();
  };
  return { store, other, [Symbol.asyncDispose]: close };
}

const session = (person: PersonRow, hash: string) => ({
  hash,
  person_id: person.id,
  created_at: at(2),
  seen_at: at(2),
  expires_at: at(50),
  user_agent: '',
});

const device = (n: number, more: Partial<DeviceLoginRow> = {}): DeviceLoginRow => ({
  device_hash: `d${n}`,
  user_code_hash: `u${n}`,
  name: 'x',
  address: '127.0.0.1',
  state: 'pending',
  person_id: null,
  requested_at: at(1),
  expires_at: at(11),
  polled_at: null,
  ...more,
});

onEachStore('people', (stores) => {
  test('are one for each subject, however many come at once, and keep what was given here', async () => {
    const store = await stores.open();
    const all = await Promise.all(Array.from({ length: 5 }, () => entered(store, 'ada')));
    assert.equal(new Set(all.map(({ id }) => id)).size, 1);
    const { id } = await entered(store, 'ada');
    await changePerson(store, { id, version: 1, set: { local_groups: '["dba"]' }, now: at(2) });
    const again = await entered(store, 'ada', { claimed_groups: '["ops"]' });
    assert.deepEqual([again.local_groups, again.claimed_groups, again.version], ['["dba"]', '["ops"]', 2]);
    assert.equal((await listPeople(store, { limit: 10 })).length, 1);
  });

  test('of one login are one at a time: the second comes in once the first is disabled', async () => {
    const store = await stores.open();
    const first = await entered(store, 'ada');
    assert.equal((await enter(store, 'ada', { subject: 'other' })).kind, 'login-taken');
    assert.equal((await enter(store, 'ada', { subject: 'other', issuer: 'https://elsewhere' })).kind, 'entered');
    await changePerson(store, { id: first.id, version: undefined, set: {}, disabled: true, now: at(2) });
    assert.equal((await enter(store, 'ada')).kind, 'disabled');
    assert.equal((await enter(store, 'ada', { subject: 'other' })).kind, 'entered');
    const logins = (await listPeople(store, { limit: 10 })).map(({ login }) => login);
    assert.deepEqual(logins.sort(), ['ada', 'ada', `ada~${first.id.slice(-6)}`]);
  });

  test('are changed by the version that was read, and never so that no administrator is left', async () => {
    await using pair = await openPair(stores);
    const { store, other } = pair;
    assert.equal(await hasAdministrator(store), false);
    const [ada, ben] = [
      await entered(store, 'ada', { claimed_roles: '["admin"]' }),
      await entered(store, 'ben', { claimed_roles: '["admin","auditor"]' }),
    ];
    assert.equal(await hasAdministrator(store), true);
    const off = (on: Store, { id }: PersonRow, version?: number) =>
      changePerson(on, { id, version, set: {}, disabled: true, now: at(3) });
    assert.equal((await off(store, ada, 7)).kind, 'stale');
    assert.equal((await off(store, { ...ada, id: 'psn_none' })).kind, 'missing');
    const both = await Promise.all([off(store, ada), off(other, ben)]);
    assert.deepEqual(both.map(({ kind }) => kind).sort(), ['changed', 'last-administrator']);
    assert.equal(await hasAdministrator(store), true);
  });

  test('who are disabled have no session, no device and no token that is good', async () => {
    const store = await stores.open();
    const [ada, ben] = [await entered(store, 'ada'), await entered(store, 'ben')];
    for (const [person, n] of [
      [ada, 1],
      [ben, 2],
    ] as const) {
      await insertBrowserSession(store, session(person, `s${n}`));
      await insertDeviceLogin(store, device(n, { state: 'approved', person_id: person.id }), 10);
      await insertOperatorToken(store, {
        id: `opt_${n}`,
        name: 'x',
        role: 'auditor',
        scopes: null,
        person_id: person.id,
        hash: `h${n}`,
        created_at: at(1),
        expires_at: null,
        revoked_at: null,
      });
    }
    await changePerson(store, { id: ada.id, version: undefined, set: {}, disabled: true, now: at(4) });
    assert.equal(await findBrowserSession(store, 's1'), undefined);
    assert.equal((await findBrowserSession(store, 's2'))?.person.login, 'ben');
    const poll = { now: at(4), polledAfter: at(3) };
    assert.deepEqual(
      [await pollDeviceLogin(store, 'd1', poll), (await pollDeviceLogin(store, 'd2', poll))?.isGranted],
      [undefined, true],
    );
    const tokens = (await listOperatorTokens(store)).map(({ login, revoked_at }) => [login, revoked_at]);
    assert.deepEqual(tokens, [
      ['ada', at(4)],
      ['ben', null],
    ]);
    assert.equal(await deleteBrowserSessions(store, { person: ben.id }), 1);
  });

  test('begin a login that is finished once, and in time', async () => {
    await using pair = await openPair(stores);
    const { store, other } = pair;
    const attempt = (state_hash: string) => ({ state_hash, return_to: '/runs', expires_at: at(10) });
    for (const state of ['a', 'b']) await insertLoginAttempt(store, attempt(state), at(1));
    const taken = await Promise.all([takeLoginAttempt(store, 'a', at(2)), takeLoginAttempt(other, 'a', at(2))]);
    assert.equal(taken.filter((one) => one?.return_to === '/runs').length, 1);
    assert.equal(await takeLoginAttempt(store, 'b', at(10)), undefined);
    assert.equal(await takeLoginAttempt(store, 'b', at(2)), undefined);
  });

  test('use a one-time code once, on whichever gateway, and before it is too old', async () => {
    await using pair = await openPair(stores);
    const { store, other } = pair;
    await insertFirstLogin(store, 'code', at(20), at(1));
    assert.equal(await isFirstLogin(other, 'code', at(2)), true);
    const used = await Promise.all([store, other, store, other].map((on) => useFirstLogin(on, 'code', at(2))));
    assert.equal(used.filter((isIn) => isIn).length, 1);
    assert.equal(await isFirstLogin(other, 'code', at(2)), false);
    await insertFirstLogin(store, 'late', at(20), at(1));
    assert.equal(await useFirstLogin(store, 'late', at(20)), false);
  });

  test('let a device in once, and only so many devices wait', async () => {
    await using pair = await openPair(stores);
    const { store, other } = pair;
    const ada = await entered(store, 'ada');
    assert.deepEqual(
      [await insertDeviceLogin(store, device(1), 1), await insertDeviceLogin(store, device(2), 1)],
      [true, false],
    );
    const decide = (on: Store, now: string) => decideDeviceLogin(on, 'u1', { state: 'approved', person: ada.id, now });
    assert.equal(await decide(store, at(11)), undefined);
    const decided = await Promise.all([decide(store, at(2)), decide(other, at(2))]);
    assert.equal(decided.filter((row) => row !== undefined).length, 1);
    const poll = { now: at(3), polledAfter: at(2) };
    const polled = await Promise.all([pollDeviceLogin(store, 'd1', poll), pollDeviceLogin(other, 'd1', poll)]);
    assert.equal(polled.filter((one) => one?.isGranted).length, 1);
    assert.equal((await pollDeviceLogin(store, 'd1', { now: at(9), polledAfter: at(8) }))?.isGranted, false);
  });
});
