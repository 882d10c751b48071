import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declareChannel } from './declare-channel.ts';
import { loadChannels } from './load-channels.ts';

const SLACK = { name: 's', kind: 'slack', channel: '#a', botToken: { env: 'T' }, signingSecret: { file: '/run/s' } };
const HOOK = { name: 'h', kind: 'webhook', url: 'https://example.com/', secret: { value: 'canary-secret' } };
const MAIL = { name: 'm', kind: 'email', smtp: 'smtp://mail.test:587', from: 'a@b.test', to: { dba: ['c@d.test'] } };
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const load = (value: unknown) => {
  const { items, problems } = loadChannels([{ value, file: 'c.yaml', line: () => 1 }]);
  assert.deepEqual(problems, []);
  const [item] = items;
  assert.ok(item);
  return item;
};

test('a channel is declared as it was, without its secrets and without what is the default', () => {
  const shown = (value: unknown) => declareChannel(JSON.stringify(load(value).channel)).item;
  assert.deepEqual(shown(SLACK), { name: 's', kind: 'slack', channel: '#a' });
  assert.deepEqual(shown({ ...HOOK, groups: '*' }), { name: 'h', kind: 'webhook', url: 'https://example.com/' });
  assert.deepEqual(shown(MAIL), MAIL);
});

test('what is declared of a channel, with its secrets, is loaded as the same channel bound to the same place', () => {
  const more = { groups: ['dba'], enabled: false, insecureLoopback: true, ca: CA };
  for (const declared of [
    SLACK,
    { ...SLACK, ...more, apiUrl: 'https://slack-gov.com/api', matchEmail: true },
    HOOK,
    { ...HOOK, ...more, allowPrivate: true },
    MAIL,
    { ...MAIL, ...more, user: 'u', password: { env: 'P' } },
  ]) {
    const loaded = load(declared);
    const { item, boundTo } = declareChannel(JSON.stringify(loaded.channel));
    assert.equal(boundTo, loaded.boundTo);
    assert.deepEqual(load({ ...item, ...loaded.secrets }), loaded);
  }
});
