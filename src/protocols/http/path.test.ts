import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalTarget, queryOf } from './path.ts';

describe('the path of a request', () => {
  const SAME: readonly (readonly [raw: string, forwarded: string, seen?: string])[] = [
    ['/', '/'],
    ['/customers/7', '/customers/7'],
    ['/a/', '/a/'],
    ['/a//b', '/a//b'],
    ['//host/x', '//host/x'],
    ['/%61dmin', '/admin'],
    ['/%41%2d%5F%7e', '/A-_~'],
    ['/a%2eb', '/a.b'],
    ['/a/./b', '/a/b'],
    ['/a/%2e/b/.', '/a/b/'],
    ['/a/../b', '/b'],
    ['/a/%2E%2e/b', '/b'],
    ['/a/b/..', '/a/'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b', '/a%20b'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%252fa', '/%252fa'],
    ['/v1/x%3adelete', '/v1/x%3Adelete', '/v1/x:delete'],
    ['/v1/x:delete', '/v1/x:delete'],
    ['/a%3bx', '/a%3Bx', '/a;x'],
    ['/a[0]{b}', '/a%5B0%5D%7Bb%7D'],
    ['/a%5b0%5d', '/a%5B0%5D'],
    ['/name.', '/name.'],
    ['/.hidden', '/.hidden'],
    ['/a..b', '/a..b'],
  ];
  for (const [raw, forwarded, seen] of SAME) {
    test(`${raw} is forwarded as ${forwarded}`, () => {
      assert.deepEqual(normalTarget(raw), { forwarded, path: seen ?? forwarded, query: undefined });
    });
  }

  const REFUSED: readonly (readonly [raw: string, why: RegExp])[] = [
    ['', /begin with a slash/],
    ['*', /begin with a slash/],
    ['/a%2fb', /encoded slash/],
    ['/a%2Fb', /encoded slash/],
    ['/a%5cb', /encoded slash/],
    ['/a\\b', /no path has/],
    ['/a%00', /control character/],
    ['/a%0d%0a', /control character/],
    ['/a%7f', /control character/],
    ['/a%c2%85', /not UTF-8/],
    ['/%c0%ae%c0%ae/a', /not UTF-8/],
    ['/%c0%af', /not UTF-8/],
    ['/%ed%a0%80', /not UTF-8/],
    ['/%e0%80%af', /not UTF-8/],
    ['/%ff', /not UTF-8/],
    ['/..', /climbs out/],
    ['/../a', /climbs out/],
    ['/a/../../b', /climbs out/],
    ['/%2e%2e/a', /climbs out/],
    ['/a//../b', /empty segment/],
    ['/a;x/b', /parameters/],
    ['/..;/a', /parameters/],
    ['/.../a', /dots alone/],
    ['/a%', /stands alone/],
    ['/a%2', /stands alone/],
    ['/a%zz', /stands alone/],
    ['/a%u002f', /stands alone/],
    ['/a b', /no path has/],
    ['/a#b', /no path has/],
    ['/caf\u00e9', /no path has/],
    ['/a?b=%', /query/],
  ];
  for (const [raw, why] of REFUSED) {
    test(`${JSON.stringify(raw)} is refused`, () => {
      const read = normalTarget(raw);
      assert.ok('code' in read, JSON.stringify(read));
      assert.equal(read.code, 'protocol-malformed');
      assert.match(read.message, why);
    });
  }

  test('keeps its query as it was sent', () => {
    assert.deepEqual(normalTarget('/a?x=%2e&y=a/../b?c'), { forwarded: '/a', path: '/a', query: 'x=%2e&y=a/../b?c' });
  });
});

test('a query is split before it is decoded, and read as either kind of server would', () => {
  assert.deepEqual(queryOf(undefined), {});
  assert.deepEqual(queryOf('a=1%262&b=x+y%2Bz&a=3&c&=d'), { a: ['1&2', '3'], b: ['x y+z'], c: [''], '': ['d'] });
  assert.deepEqual(queryOf('a=1;drop=2'), { a: ['1;drop=2', '1'], drop: ['2'] });
  assert.deepEqual(queryOf('a=%c3%a9%ff'), { a: ['é\ufffd'] });
  assert.deepEqual(queryOf('__proto__=1')['__proto__'], ['1']);
});
