import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { policySchema } from '../policy/policy-schema.ts';
import { jsonSchema, SCHEMA_NAMES, type SchemaName } from './json-schemas.ts';
import { POLICY_FIELDS } from './policy-fields.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'examples', 'policies');

function validator(name: SchemaName): (value: unknown) => readonly string[] {
  // Union types (`["array", "null"]`) are what the schemas need, and formats are for people.
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, validateFormats: false });
  const validate = ajv.compile(jsonSchema(name));
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
  };
}

describe('an editor takes every example', () => {
  const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const validators = { policies: validator('policies'), cases: validator('cases') };
  for (const file of files) {
    test(file, () => {
      const text = readFileSync(join(EXAMPLES, file), 'utf8');
      const name = basename(file).endsWith('.test.yaml') ? 'cases' : 'policies';
      assert.deepEqual(validators[name](parse(text)), []);
    });
  }
});

test('an editor takes what the gateway takes, in all its spellings', () => {
  const good = `policies:
  - name: all of it
    principals: { run.sourceRef: refs/heads/*, run.extra.team: [a, b] }
    targets: { names: [pg-*], labels: { tier: [prod, staging] } }
    operations: read
    tables: [public.users, { table: "app.*", use: read }]
    functions: [app.*]
    flags: [returning]
    reads: any
    lock: share
    when: time.hour < 8
    timezone: Europe/Berlin
    effect: permit
    mask: email
    approve: { group: DBA-eu, quorum: 2, within: 10m }
    limit: { rowsRead: 10, bytes: 5MB }
  - { name: b, principals: [{ run.kind: ci }], targets: any, effect: deny, limit: [{ rowsRead: 1, per: statement }] }
  - { name: c, principals: any, targets: [a], operations: [select, ddl], effect: permit }
`;
  assert.deepEqual(validator('policies')(parse(good)), []);
  assert.deepEqual(validator('configuration')({ ...(parse(good) as object), targets: null, trust: [] }), []);
});

describe('an editor refuses', () => {
  const head = { name: 'a', principals: 'any', targets: 'any', effect: 'deny' };
  const cases: readonly [string, object][] = [
    ['a key that nobody knows', { ...head, efect: 'deny' }],
    ['an operation that there is not', { ...head, operations: ['dorp'] }],
    ['a field of the principal that there is not', { ...head, principals: { 'run.ref': 'x' } }],
    ['a rule without an effect', { name: 'a', principals: 'any', targets: 'any' }],
    ['a lock that is none', { ...head, lock: 'exclusiv' }],
    ['a quorum of nobody', { ...head, approve: { group: 'dba', quorum: 0 } }],
  ];
  for (const [what, rule] of cases) {
    test(what, () => assert.notDeepEqual(validator('policies')({ policies: [rule] }), []));
  }
});

test('every key of a rule is described, and no other', () => {
  assert.deepEqual(Object.keys(POLICY_FIELDS).toSorted(), Object.keys(policySchema.shape).toSorted());
});

for (const name of SCHEMA_NAMES) {
  test(`docs/reference/schemas/${name}.json is what the program writes (chaperone policy schema --out docs/reference/schemas)`, () => {
    const kept = readFileSync(join(ROOT, 'docs', 'reference', 'schemas', `${name}.json`), 'utf8');
    assert.deepEqual(JSON.parse(kept), JSON.parse(JSON.stringify(jsonSchema(name))));
  });
}
