import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpFacts } from '../model/http.ts';
import type { Operation } from '../model/request.ts';
import { ClassifiedColumns } from './column-facts.ts';
import { compileHttpPattern, type HttpPattern } from './http-pattern.ts';
import { parsePolicies } from './parse-policies.ts';
import type { Policy } from './policy.ts';
import { compileRule } from './rule.ts';

const FACTS: HttpFacts = {
  method: 'GET',
  host: 'api.example.com',
  path: '/customers/17',
  query: {},
  headers: {},
  mediaType: '',
  body: { kind: 'none' },
};

const operation = (facts: Partial<HttpFacts>, access: Operation['access'] = 'read'): Operation => ({
  kind: 'get',
  access,
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  http: { ...FACTS, ...facts },
});

const extent = (pattern: HttpPattern, facts: Partial<HttpFacts>) =>
  compileHttpPattern(pattern)(operation(facts)).extent;

describe('what a document declares', () => {
  const known = { template: '/customers/{id}', operationId: 'getCustomer', declared: true };

  test('is matched by its name, by its template, and by whether it is there', () => {
    assert.equal(extent({ operations: ['getCustomer'] }, known), 'all');
    assert.equal(extent({ operations: ['get*'], templates: ['/customers/{id}'], declared: true }, known), 'all');
    assert.equal(extent({ templates: ['/customers/*'] }, known), 'all');
    assert.equal(extent({ templates: ['/*'] }, known), 'none');
    assert.equal(extent({ operations: ['listCustomers'] }, known), 'none');
    assert.equal(extent({ declared: false }, known), 'none');
    assert.equal(extent({ declared: false }, { declared: false }), 'all');
    assert.equal(extent({ declared: false }, {}), 'all');
    assert.equal(extent({ declared: true }, {}), 'none');
    assert.equal(extent({ operations: ['*'] }, {}), 'none');
  });

  test('binds and does not permit where the server may take the request for another operation', () => {
    const alike = [{ template: '/{kind}/17', operationId: 'getThing' }];
    assert.equal(extent({ operations: ['getCustomer'] }, { ...known, alike }), 'some');
    assert.equal(extent({ operations: ['getThing'] }, { ...known, alike }), 'some');
    assert.equal(extent({ operations: ['getThing', 'getCustomer'] }, { ...known, alike }), 'all');
    assert.equal(extent({ operations: ['getThing'] }, { declared: false, alike }), 'some');
  });
});

describe('an action of a cloud API', () => {
  const orders = 'arn:aws:dynamodb:eu-west-1::table/orders';

  test('is matched as IAM does, whatever its case; one that nobody can tell may be any', () => {
    assert.equal(extent({ actions: ['s3:GetObject'] }, { action: 's3:GetObject' }), 'all');
    assert.equal(extent({ actions: ['s3:get*'] }, { action: 's3:GetObject' }), 'all');
    assert.equal(extent({ actions: ['dynamodb:*'] }, { action: 's3:GetObject' }), 'none');
    assert.equal(extent({ actions: ['dynamodb:*'] }, { action: 'unknown' }), 'some');
    assert.equal(extent({ actions: ['*:*'] }, {}), 'none');
  });

  test('is done to resources: all of them cover, one binds, and an account that nobody says may be any', () => {
    const s3 = { action: 's3:GetObject', resources: ['arn:aws:s3:::bucket/a', 'arn:aws:s3:::bucket/b'] };
    assert.equal(extent({ resources: ['arn:aws:s3:::bucket/*'] }, s3), 'all');
    assert.equal(extent({ resources: ['arn:aws:s3:::bucket/a'] }, s3), 'some');
    assert.equal(extent({ resources: ['arn:aws:s3:::other/*'] }, s3), 'none');
    const table = { action: 'dynamodb:GetItem', resources: [orders] };
    assert.equal(extent({ resources: ['arn:aws:dynamodb:*:*:table/orders'] }, table), 'all');
    assert.equal(extent({ resources: ['arn:aws:dynamodb:eu-west-1:123456789012:table/orders'] }, table), 'some');
    assert.equal(extent({ resources: ['arn:aws:dynamodb:eu-west-1:123456789012:table/other'] }, table), 'none');
    assert.equal(extent({ resources: ['arn:aws:s3:::b'] }, { action: 's3:GetObject' }), 'some');
    assert.equal(extent({ resources: ['*'] }, { action: 's3:GetObject' }), 'all');
    assert.equal(extent({ resources: ['*'] }, {}), 'none');
  });
});

describe('a condition', () => {
  const policy = (when: string): Policy => ({
    name: 'x',
    principals: 'any',
    targets: 'any',
    operations: ['any', 'unknown'],
    when,
    effect: 'permit',
  });
  const match = (when: string, of: Operation) => {
    const surroundings = { subject: { principal: {}, run: {}, target: {} }, columns: ClassifiedColumns.of([]) };
    const found = compileRule(policy(when)).matches(of, surroundings);
    return found.matched === true ? found.covers : found.matched;
  };

  test('sees templates, actions and GraphQL; what is not known binds where it may hold, and does not permit', () => {
    const byName = 'operation.http.operationId == "getCustomer"';
    assert.equal(match(byName, operation({ template: '/c', operationId: 'getCustomer', declared: true })), true);
    assert.equal(match(byName, operation({ template: '/c', operationId: 'other', declared: true })), false);
    assert.equal(match(byName, operation({ declared: false, alike: [{ template: '/c' }] })), false);
    const got = (when: string, facts: Partial<HttpFacts>, access: Operation['access'] = 'read') => {
      const surroundings = { subject: { principal: {}, run: {}, target: {} }, columns: ClassifiedColumns.of([]) };
      return compileRule(policy(when)).matches(operation(facts, access), surroundings);
    };
    assert.deepEqual(got(byName, { declared: false, alike: [{ template: '/c' }] }), {
      matched: true,
      covers: false,
      why: 'its document does not say which operation it is, so it may bind and does not permit',
    });
    const byAction = 'operation.http.action == "s3:DeleteObject"';
    assert.equal(match(byAction, operation({ action: 's3:DeleteObject' })), true);
    assert.equal(match(byAction, operation({ action: 's3:GetObject' })), false);
    assert.equal(got(byAction, { action: 'unknown' }).matched, true);
    assert.equal(got('operation.http.resources.exists(r, r == "x")', { action: 's3:GetObject' }).matched, true);
    const byField = '"deleteUser" in operation.http.graphql.fields';
    const graphql = { type: 'mutation', name: '', fields: ['deleteUser'] } as const;
    assert.equal(match(byField, operation({ graphql })), true);
    assert.equal(got(byField, {}, 'unknown').matched, true);
    assert.equal(match(byField, operation({})), false);
  });
});

test('a rule that names what no request can have does not load', () => {
  const problems = (http: string) =>
    parsePolicies([
      {
        path: 'x.yaml',
        text: `policies:\n  - { name: x, principals: any, targets: any, operations: [any], effect: permit, http: ${http} }\n`,
      },
    ]).problems.map(({ message }) => message);
  assert.deepEqual(
    problems(
      '{ operations: getX, templates: ["/a/{id}"], declared: false, actions: ["s3:*"], resources: ["arn:aws:s3:::b/*"] }',
    ),
    [],
  );
  assert.match(problems('{ templates: [a] }').join(), /A template begins with \//);
  assert.match(problems('{ declared: maybe }').join(), /Write true or false/);
  assert.match(problems('{ actions: [GetObject] }').join(), /SERVICE:ACTION/);
  assert.match(problems('{ resources: [bucket] }').join(), /as its ARN/);
});
