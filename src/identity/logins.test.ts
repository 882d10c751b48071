import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import { SCOPES } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import type { Store } from '../store/store.ts';
import { csrfToken } from './browser-sessions.ts';
import { LoginRefused } from './login-refused.ts';
import { openLogins } from './logins.ts';
import type { ClaimedIdentity } from './people.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');

function open(store: Store, clock: { ms: number }) {
  const random = (bytes: number) => randomBytes(bytes);
  return openLogins({ store, config: undefined, firstGroups: ['dba'], now: () => clock.ms, random });
}

const claims = (login: string, more: Partial<ClaimedIdentity> = {}): ClaimedIdentity => ({
  issuer: 'https://login.test',
  subject: login,
  login,
  groups: [],
  roles: [],
  handles: [],
  ...more,
});

onEachStore('logins', (stores) => {
  test('keep nothing of a secret but its hash, whichever way somebody logs in', async () => {
    const store = await stores.open();
    const logins = open(store, { ms: START });
    const person = await logins.people.enter(claims('ada', { groups: ['dba'] }));
    const session = await logins.browsers.begin(person.id, 'a browser');
    const code = await logins.first.make(1_000);
    const device = await logins.devices.begin({ name: 'laptop', address: '127.0.0.1' });
    const { token } = await logins.tokens.create({ name: 'x', may: SCOPES, person: person.id });
    const tables = ['browser_sessions', 'first_logins', 'device_logins', 'operator_tokens'] as const;
    const kept = JSON.stringify(
      await Promise.all(tables.map((table) => store.read((db) => db.selectFrom(table).selectAll().execute()))),
    );
    assert.match(kept, /laptop/);
    for (const secret of [session, code, device?.deviceCode, token]) {
      assert.ok(secret && secret.reveal().length >= 43);
      assert.equal(kept.includes(secret.reveal()), false);
    }
    assert.equal(kept.includes(device?.userCode ?? '-'), false);
    assert.equal(kept.includes(csrfToken(session)), false);
    assert.notEqual(csrfToken(session), csrfToken(new Secret('another')));
  });

  test('find the one person who has a handle, and nobody where two have it', async () => {
    const store = await stores.open();
    const { people } = open(store, { ms: START });
    const ada = await people.enter(claims('ada', { handles: ['github:Octo-Ada'] }));
    assert.equal((await people.byHandle('github:octo-ada'))?.login, 'ada');
    assert.equal(await people.byHandle('github:nobody'), undefined);
    const ben = await people.enter(claims('ben'));
    await people.edit(ben.id, undefined, { localHandles: ['github:octo-ada'] });
    assert.equal(await people.byHandle('github:octo-ada'), undefined);
    await people.edit(ada.id, undefined, { disabled: true });
    assert.equal((await people.byHandle('github:octo-ada'))?.login, 'ben');
  });

  test('a session and a token end with their person, and come back with neither', async () => {
    const store = await stores.open();
    const clock = { ms: START };
    const logins = open(store, clock);
    const person = await logins.people.enter(claims('ada', { roles: ['auditor'] }));
    const session = await logins.browsers.begin(person.id, '');
    const { token } = await logins.tokens.create({ name: 'x', may: 'auditor', person: person.id });
    clock.ms += 90_000;
    assert.equal((await logins.browsers.authenticate(session))?.login, 'ada');
    assert.equal((await logins.people.find(person.id))?.lastSeenAt, '2026-01-02T03:05:35.678Z');
    assert.equal((await logins.tokens.authenticate(token))?.scopes.has('recordings:read'), true);
    await logins.people.edit(person.id, undefined, { disabled: true });
    await assert.rejects(
      logins.people.enter(claims('ada')),
      (error) => error instanceof LoginRefused && error.reason === 'disabled',
    );
    await logins.people.edit(person.id, undefined, { disabled: false });
    assert.equal(await logins.browsers.authenticate(session), undefined);
    assert.equal(await logins.tokens.authenticate(token), undefined);
  });

  test('a device is let in for a person whose scopes its token has, and no more', async () => {
    const store = await stores.open();
    const clock = { ms: START };
    const logins = open(store, clock);
    const person = await logins.people.enter(claims('ada', { groups: ['dba'] }));
    const begun = await logins.devices.begin({ name: 'laptop', address: '127.0.0.1' });
    assert.ok(begun);
    await logins.devices.decide(begun.userCode, 'approve', person.id);
    const polled = await logins.devices.poll(begun.deviceCode);
    assert.ok(polled.kind === 'token');
    const holder = await logins.tokens.authenticate(polled.token);
    assert.deepEqual([[...(holder?.scopes ?? [])], holder?.person?.login], [['approvals:answer'], 'ada']);
    clock.ms += 12 * 3_600_000;
    assert.equal(await logins.tokens.authenticate(polled.token), undefined);
  });

  test('the administrator of a one-time link is one person, with the groups of the deployment', async () => {
    const store = await stores.open();
    const { people, firstGroups } = open(store, { ms: START });
    const first = await people.enterLocalAdministrator(firstGroups);
    const second = await people.enterLocalAdministrator(firstGroups);
    assert.equal(first.id, second.id);
    assert.deepEqual(
      [second.login, second.roles, second.groups, second.issuer],
      ['admin', ['admin'], ['dba'], 'local'],
    );
    const ben = await people.enter(claims('ben', { roles: ['admin'] }));
    await people.edit(second.id, undefined, { disabled: true });
    const third = await people.enterLocalAdministrator(firstGroups);
    assert.deepEqual([third.id, third.disabled], [first.id, false]);
    await people.edit(ben.id, undefined, { disabled: true });
    assert.equal(await people.hasAdministrator(), true);
  });
});
