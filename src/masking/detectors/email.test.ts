import assert from 'node:assert/strict';
import { test } from 'node:test';
import { email } from './email.ts';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';

test('addresses are found whole, wherever they stand', () => {
  assertFindsEach(email, [
    'ada@example.com',
    'ada.lovelace@example.com',
    'ada+news@example.co.uk',
    'ADA@EXAMPLE.COM',
    'a@b.io',
    '1234@example.org',
    'o_brien@mail.example.com',
    "o'brien@example.ie",
    'first-last@sub-domain.example.museum',
    'user%relay@example.com',
    'team~x^y@example.com',
    'jürgen@example.de',
    'info@münchen.de',
    '用户@例子.中国',
    'ada@xn--mnchen-3ya.de',
    'ada%40example.com',
    'a!b#c$d*e@example.com',
    `${'a'.repeat(64)}@example.com`,
    'ada@1and1.com',
    'ada@a.b.c.d.e.f.example.com',
    'x@example.photography',
    'ada@2x.dev',
  ]);
});

test('what only looks like an address is left alone', () => {
  assertFindsNothing(email, [
    'ada at example dot com',
    'ada@localhost',
    '@decorator',
    '@types/node',
    'npm i chaperone@1.2.3',
    'icon@2x.png',
    'logo@3x.jpeg',
    'git@github.com:acme/app.git',
    'ada@',
    '@example.com',
    'a @ example.com',
    'ada@.com',
    'ada@example.',
    'ada@example.c',
    'image@sha256:0123456789abcdef',
    'x@y',
    'foo@@bar',
    '5@3.2',
    'SELECT @@version',
    'ada.@example.com',
    '[redacted]@example.com',
    'user@10.0.0.1',
  ]);
});

test('several addresses in a text are several findings, none of the text between them', () => {
  assert.deepEqual(found(email, 'To: a@x.org,b@y.org;c@z.org <d@w.org>'), ['a@x.org', 'b@y.org', 'c@z.org', 'd@w.org']);
});

test('a full stop after an address is not part of it', () => {
  assert.deepEqual(found(email, 'Write to ada@example.com. Then wait...'), ['ada@example.com']);
});

test('a quoted local part is part of its address', () => {
  assert.deepEqual(found(email, 'mail "Ada Lovelace"@example.com now'), ['"Ada Lovelace"@example.com']);
});

test('quotes, braces and keys around an address are not part of it', () => {
  assert.deepEqual(found(email, "{'ada@example.com'} mail=bob@example.com|c@d.org `e@f.org`"), [
    'ada@example.com',
    'bob@example.com',
    'c@d.org',
    'e@f.org',
  ]);
});

test('a query string hides no address', () => {
  assert.deepEqual(found(email, '/invite?to=ada%40example.com&x=1'), ['ada%40example.com']);
});
