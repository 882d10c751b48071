import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import type { HttpBodyFacts, JsonValue } from '../model/http.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from './compile-policies.ts';
import { compileHttpPattern } from './http-pattern.ts';
import { parsePolicies } from './parse-policies.ts';
import type { Policy } from './policy.ts';

const BODY = { customer: { tier: 'gold' }, items: [{ sku: 'x-1' }, { sku: 'y-2' }], n: 5, on: true, none: null };

function operation(body: HttpBodyFacts): Operation {
  const head = { method: 'POST', host: 'api', path: '/', query: {}, headers: {}, mediaType: 'application/json' };
  const plain = { tables: [], functions: [], hasWhere: true, flags: [] };
  return { kind: 'post', access: 'write', ...plain, http: { ...head, body } };
}

const fields = (value: JsonValue): HttpBodyFacts => ({ kind: 'fields', value });

const aspect = (path: string, values: readonly string[], body: HttpBodyFacts = fields(BODY)) =>
  compileHttpPattern({ body: { [path]: values } })(operation(body));
const extent = (...asked: Parameters<typeof aspect>) => aspect(...asked).extent;

describe('a pattern of bodies', () => {
  test('matches strings, and numbers and booleans by their text, and nothing else', () => {
    assert.equal(extent('customer.tier', ['g*']), 'all');
    assert.equal(extent('customer.tier', ['silver']), 'none');
    assert.equal(extent('n', ['5']), 'all');
    assert.equal(extent('on', ['true']), 'all');
    assert.equal(extent('none', ['*']), 'none');
    assert.equal(extent('customer', ['*']), 'none');
    assert.equal(extent('missing', ['*']), 'none');
    assert.equal(extent('constructor.name', ['*']), 'none');
  });

  test('of a list each item counts: one that matches binds, all of them cover', () => {
    assert.equal(extent('items[].sku', ['x-*']), 'some');
    assert.equal(extent('items[].sku', ['x-*', 'y-*']), 'all');
    assert.equal(extent('items[].sku', ['z-*']), 'none');
    assert.equal(extent('items[].sku', ['x-*'], fields({ items: [{ sku: 'x-1' }, {}] })), 'some');
    assert.equal(extent('[].sku', ['x-*'], fields([{ sku: 'x-1' }, { sku: 'x-2' }])), 'all');
    assert.equal(extent('customer.tier', ['gold'], fields({ customer: [{ tier: 'gold' }, { tier: 'tin' }] })), 'some');
  });

  test('a field that some readers take for the one that is named binds, and covers nothing', () => {
    for (const body of [
      { Customer: { TIER: 'gold' } },
      { 'customer.tier': 'tin', customer: { tier: 'gold' } },
      { customer: { tier: 'gold', Tier: 'gold' } },
      { 'customer[tier]': 'gold' },
    ]) {
      assert.equal(extent('customer.tier', ['gold'], fields(body)), 'some', JSON.stringify(body));
    }
    assert.equal(extent('tag', ['a'], fields({ 'tag[]': ['a', 'a'] })), 'some');
    assert.equal(extent('tag[]', ['a'], fields({ 'tag[]': ['a', 'a'] })), 'all');
  });

  test('a body that nobody could read may be anything, and one that is not there is nothing', () => {
    assert.deepEqual(aspect('a', ['b'], { kind: 'unread' }), {
      extent: 'some',
      why: 'its body is not known, so it may bind and does not permit',
    });
    assert.deepEqual(aspect('a', ['b'], { kind: 'unknown', why: 'it is no JSON' }), {
      extent: 'some',
      why: 'its body is not known (it is no JSON), so it may bind and does not permit',
    });
    assert.equal(extent('a', ['*'], { kind: 'none' }), 'none');
  });
});

test('paths into bodies are written with dots between names', () => {
  const read = (body: string) =>
    parsePolicies([
      {
        path: 'x.yaml',
        text: `policies: [{ name: x, principals: any, targets: any, effect: deny, http: { body: ${body} } }]`,
      },
    ]);
  const { policies, problems } = read('{ customer.tier: gold, "items[].sku": ["x-*"], "n": "5" }');
  assert.deepEqual(problems, []);
  assert.deepEqual(policies[0]?.http?.body, { 'customer.tier': ['gold'], 'items[].sku': ['x-*'], n: ['5'] });
  for (const body of ['{ customer..tier: gold }', '{ "": gold }', '{}', '{ n: 5 }']) {
    assert.ok(read(body).problems.length > 0, body);
  }
});

const rule = (name: string, effect: Policy['effect'], when: string): Policy => ({
  name,
  principals: 'any',
  targets: 'any',
  operations: ['any'],
  effect,
  when,
});

function decided(rules: readonly Policy[], body: HttpBodyFacts): string {
  const decision = compilePolicies(rules).decider(jobOf(), targetNamed('api'))({ operations: [operation(body)] });
  return `${decision.effect} ${decision.rules.join()}`.trim();
}

describe('a condition about bodies', () => {
  const gold = rule('gold', 'permit', 'operation.http.body.customer.tier == "gold" && operation.http.body.n > 4');
  const all = rule('all', 'permit', 'operation.http.method == "POST"');

  test('sees what stands in them', () => {
    assert.equal(decided([gold], fields(BODY)), 'permit gold');
    assert.equal(decided([gold], fields({ ...BODY, n: 4 })), 'deny');
    const skus = rule('skus', 'permit', 'operation.http.body.items.all(item, item.sku.startsWith("x-"))');
    assert.equal(decided([skus], fields({ items: [{ sku: 'x-1' }] })), 'permit skus');
    assert.equal(decided([skus], fields(BODY)), 'deny');
  });

  test('binds a request whose body is not known, and does not permit it', () => {
    for (const body of [{ kind: 'unread' }, { kind: 'unknown', why: 'it is no JSON' }] as const) {
      assert.equal(decided([gold], body), 'deny');
      assert.equal(decided([gold, all], body), 'permit all,gold');
      assert.equal(decided([all, { ...gold, effect: 'deny' }], body), 'deny gold');
    }
  });

  test('may ask first whether it is known, and of no body everything is', () => {
    const known = rule('known', 'deny', 'operation.http.bodyKnown && operation.http.body.n > 4');
    const unknown = rule('unknown', 'deny', '!operation.http.bodyKnown');
    assert.equal(decided([all, known], { kind: 'unread' }), 'permit all');
    assert.equal(decided([all, known], fields(BODY)), 'deny known');
    assert.equal(decided([all, unknown], { kind: 'unread' }), 'deny unknown');
    assert.equal(decided([all, unknown], { kind: 'none' }), 'permit all');
  });

  test('a field that is not there is an error, and an error denies', () => {
    assert.equal(decided([all, gold], fields({})), 'deny gold');
    const asked = rule('asked', 'deny', 'has(operation.http.body.n) && operation.http.body.n == 5');
    assert.equal(decided([all, asked], fields({})), 'permit all');
  });

  test('makes bodies be read, however it is written; one about the head does not', () => {
    const asks = (when: string) => compilePolicies([rule('x', 'permit', when)]).asksForBody;
    assert.equal(asks('operation.http.path == "/" && operation.http.query.size() == 0'), false);
    assert.equal(asks('has(operation.http.body.n)'), true);
    assert.equal(asks('operation.http["body"].n == 1'), true);
    assert.equal(asks('operation["http"].body.n == 1'), true);
    assert.equal(asks('operation.http.bodyKnown'), true);
    const byPattern = { ...rule('x', 'permit', 'true'), http: { body: { a: ['b'] } } };
    assert.equal(compilePolicies([byPattern]).asksForBody, true);
  });
});
