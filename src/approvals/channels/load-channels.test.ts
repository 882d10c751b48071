import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadChannels } from './load-channels.ts';

/** As YAML reads it; every path is at a line of its own. */
const load = (...values: readonly unknown[]) =>
  loadChannels(
    values.map((value, index) => ({ value, file: 'c.yaml', line: (path) => index * 100 + path.length + 1 })),
  );

const SLACK = { name: 's', kind: 'slack', channel: '#a', botToken: { env: 'T' }, signingSecret: { file: '/run/s' } };
const HOOK = { name: 'h', kind: 'webhook', url: 'https://example.com/', secret: { value: 'canary-secret' } };
const MAIL = { name: 'm', kind: 'email', smtp: 'smtp://mail.test:587', from: 'a@b.test', to: { dba: ['c@d.test'] } };

test('channels are taken with their defaults, and their secrets stand apart', () => {
  const { items, problems } = load(SLACK, { ...HOOK, groups: '*' }, { ...MAIL, groups: ['dba'] });
  assert.deepEqual(problems, []);
  const common = { groups: [], enabled: true, insecureLoopback: false };
  assert.deepEqual(
    items.map(({ channel }) => channel),
    [
      { ...common, name: 's', kind: 'slack', channel: '#a', apiUrl: 'https://slack.com/api', matchEmail: false },
      { ...common, name: 'h', kind: 'webhook', url: 'https://example.com/', allowPrivate: false },
      { ...common, groups: ['dba'], name: 'm', kind: 'email', smtp: MAIL.smtp, from: MAIL.from, to: MAIL.to },
    ],
  );
  assert.deepEqual(
    items.map(({ secrets }) => secrets),
    [{ botToken: { env: 'T' }, signingSecret: { file: '/run/s' } }, { secret: { value: 'canary-secret' } }, {}],
  );
});

test('what secrets are bound to changes with every place that they go to, and with nothing else', () => {
  const boundTo = (value: unknown) => load(value).items[0]?.boundTo;
  const ca = '-----BEGIN CERTIFICATE-----';
  const bindings = [
    SLACK,
    { ...SLACK, name: 's2' },
    { ...SLACK, apiUrl: 'https://slack-gov.com/api' },
    HOOK,
    { ...HOOK, url: 'https://example.com/2' },
    { ...HOOK, ca },
    { ...HOOK, insecureLoopback: true },
    MAIL,
    { ...MAIL, smtp: 'smtps://mail.test' },
    { ...MAIL, user: 'u', password: { env: 'P' } },
  ].map(boundTo);
  assert.equal(new Set(bindings).size, 10);
  assert.ok(!bindings.includes(undefined));
  assert.equal(boundTo({ ...SLACK, groups: ['dba'], channel: '#b' }), boundTo(SLACK));
});

test('what is wrong is said with its line, and shows no secret', () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ ...HOOK, kind: 'pager' }, /the kind is `slack`, `webhook` or `email`/],
    [{ ...HOOK, url: 'http://example.com/' }, /url: the URL does not begin with https/],
    [{ ...HOOK, url: 'http://localhost/' }, /url: the URL does not begin with https/],
    [{ ...HOOK, url: 'https://u:canary-secret@example.com/' }, /url: the URL holds a user name or a password/],
    [{ ...HOOK, url: 'canary' }, /url: this is no URL/],
    [{ ...HOOK, secret: 'canary-secret' }, /secret: one of `value`, `env` and `file`/],
    [{ ...HOOK, secret: { file: 'canary-secret' } }, /secret/],
    [{ ...HOOK, extra: 1 }, /extra/],
    [{ ...HOOK, name: 'Not A Name' }, /name/],
    [{ ...SLACK, channel: '#a b' }, /channel: a channel is written/],
    [{ ...SLACK, apiUrl: 'http://slack.test' }, /apiUrl: the URL does not begin with https/],
    [{ ...MAIL, smtp: 'https://mail.test' }, /smtp: write smtps/],
    [{ ...MAIL, smtp: 'smtp://u:p@mail.test' }, /smtp: write smtps/],
    [{ ...MAIL, user: 'u' }, /user: user and password go together/],
    [{ ...MAIL, from: 'a@b.test\r\nBcc: x@y.test' }, /from: not an e-mail address/],
    [{ ...MAIL, to: { dba: ['a@b.test, c@d.test'] } }, /to\.dba\.0: not an e-mail address/],
    [{ ...MAIL, to: { dba: ['"x"@b.test>'] } }, /not an e-mail address/],
  ];
  for (const [value, message] of wrong) {
    const { items, problems } = load(value);
    const [problem] = problems;
    assert.ok(problem, JSON.stringify(value));
    assert.match(problem.message, message);
    assert.deepEqual(items, []);
    assert.ok(!JSON.stringify(problems).includes('canary-secret'), JSON.stringify(problems));
  }
  assert.match(load(HOOK, HOOK).problems[0]?.message ?? '', /the channel h is declared twice/);
});

test('plain HTTP is for this machine itself, where it is said', () => {
  const isTaken = (url: string) => load({ ...HOOK, url, insecureLoopback: true }).problems.length === 0;
  assert.deepEqual(['http://localhost:1/', 'http://127.0.0.1/', 'http://[::1]/'].map(isTaken), [true, true, true]);
  assert.deepEqual(['http://localhost.evil.test/', 'http://10.0.0.1/', 'http://127.evil.test/'].map(isTaken), [
    false,
    false,
    false,
  ]);
});
