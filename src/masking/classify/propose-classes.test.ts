import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import { type Findings, findingsFor } from '../findings.ts';
import { ALL_DETECTORS } from './all-detectors.ts';
import { proposeClasses } from './propose-classes.ts';
import { ColumnEvidence } from './sample-evidence.ts';

const FINDINGS = findingsFor(ALL_DETECTORS) as Findings;

interface Told extends Partial<SurveyedColumn> {
  readonly values?: readonly string[];
}

const table = (name: string, columns: Readonly<Record<string, Told>>) => {
  const relation: SurveyedRelation = {
    schema: 's',
    name,
    kind: 'table',
    columns: Object.entries(columns).map(([column, { values: _values, ...more }]) => ({
      name: column,
      type: 'text',
      unique: false,
      readable: true,
      ...more,
    })),
  };
  const evidence = Object.entries(columns).flatMap(([column, { values }]) => {
    if (values === undefined) return [];
    const seen = new ColumnEvidence(column, FINDINGS);
    for (const value of values) seen.see(Buffer.from(value));
    return [[column, seen] as const];
  });
  return { relation, evidence: new Map(evidence) };
};
const judge = (columns: Readonly<Record<string, Told>>, name = 'things') =>
  Object.fromEntries(
    proposeClasses([table(name, columns)], []).map(({ column, class: of, confidence }) => [
      column,
      `${of} ${confidence}`,
    ]),
  );
const times = (count: number, value: (index: number) => string) => Array.from({ length: count }, (_, i) => value(i));
const addresses = (count: number) => times(count, (i) => `p${i}@example.com`);

test('how surely values speak hangs on how many of them do', () => {
  const mixed = (hits: number, of: number) => ({ values: [...addresses(hits), ...times(of - hits, () => 'none')] });
  assert.deepEqual(
    judge({
      all: mixed(10, 10),
      most: mixed(8, 10),
      many: mixed(4, 10),
      some: mixed(3, 10),
      few: mixed(1, 10),
      none: mixed(0, 10),
    }),
    { all: 'email high', most: 'email high', many: 'email medium', some: 'email low' },
  );
});

test('so do a few values less than many', () => {
  assert.deepEqual(judge({ contact: { values: addresses(4) }, email: { values: addresses(1) } }), {
    contact: 'email medium',
    email: 'email high',
  });
});

test('a name is worth nothing where the detector of its class finds nothing, and where the type cannot hold it', () => {
  const words = times(20, () => 'welcome');
  assert.deepEqual(
    judge({
      email: { values: words },
      iban: { values: words },
      card_number: { values: times(20, () => 'tok_visa') },
      phone: { type: 'bool', values: times(20, () => 'true') },
      ip: { values: words },
      password: { type: 'timestamptz', values: times(20, () => '2026-01-01') },
      salary: { type: 'bool', values: times(20, () => 't') },
    }),
    {},
  );
});

test('names without a detector are held against what the values look like', () => {
  assert.deepEqual(
    judge({
      dob: { values: times(20, (i) => `1970-01-${String(i + 1).padStart(2, '0')}`) },
      born: { values: times(20, () => 'in a town') },
      first_name: { values: ['Ada', 'Jörg', "O'Neil", 'Anne-Marie', 'María José'] },
      last_name: { values: times(20, (i) => `#${i}`) },
      telefon: { values: times(20, (i) => `030 1234 ${i + 10}`) },
      ssn: { values: times(20, (i) => String(100_000_000 + i)) },
      gender: { values: ['f', 'm', 'x', 'f', 'm'] },
      passport_number: { unique: true, values: times(20, (i) => `C01X${i}00`) },
      national_id: { values: times(20, () => 'unknown') },
      gehalt: { type: 'numeric', values: times(20, (i) => `${i}000.00`) },
      alkoholgehalt: { type: 'numeric', values: times(20, (i) => `${i}.5`) },
      password: { values: times(20, () => '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA') },
      latitude: { type: 'float8', values: times(20, (i) => `${i}.5`) },
      passwort: { values: times(20, () => 'hunter2') },
      secret_word: { values: times(20, () => 'hunter2') },
    }),
    {
      dob: 'birthday high',
      first_name: 'name high',
      last_name: 'name low',
      telefon: 'phone medium',
      ssn: 'us-ssn medium',
      gender: 'gender medium',
      passport_number: 'passport high',
      gehalt: 'salary high',
      alkoholgehalt: 'salary medium',
      password: 'credential high',
      latitude: 'location low',
      passwort: 'credential medium',
      secret_word: 'credential low',
    },
  );
});

test('what is written like one thing and named like another is a hint at most', () => {
  assert.deepEqual(
    judge({
      message_id: { values: addresses(20) },
      version: { values: times(20, (i) => `1.2.3.${i}`) },
      ref: { values: times(20, (i) => `<${i}x@mail.example.com>`) },
      order_number: { type: 'int8', values: times(20, (i) => String(4_929_000_000_000_000 + i * 7)) },
      digest: { values: times(20, (i) => `d41d8cd98f00b204e9800998ecf8427${i % 10}`) },
      uuid: { type: 'uuid', values: times(20, (i) => `0190a3c1-7b1e-7c3a-9f1e-${100_000_000_000 + i}`) },
      amount: { type: 'numeric', values: times(20, (i) => `${i}.99`) },
    }),
    { message_id: 'email low', version: 'ip-address low', ref: 'email low' },
  );
});

test('an id of a nation that is only digits is found where its column says so, and most of them check', () => {
  const pesels = ['44051401359', '02070803628', '90090515836', '80072909146', '65071209862'];
  assert.deepEqual(
    judge({
      pesel: { values: pesels },
      codes: { values: pesels },
      bsn: { values: times(20, (i) => String(111_222_300 + i)) },
    }),
    { pesel: 'pl-pesel high', bsn: 'national-id medium' },
  );
});

test('a token is proposed as what its values are, and the name of its column agrees', () => {
  const key = (index: number) => `ghp_${String(index).padStart(2, '0')}${'a1B2c3D4e5F6g7H8i9'.repeat(2)}`.slice(0, 40);
  assert.deepEqual(judge({ api_token: { values: [...times(2, key), ...times(18, () => 'none')] } }), {
    api_token: 'api-key medium',
  });
});

test('one secret among many values is a hint, for one is enough to lose', () => {
  const key = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
  assert.deepEqual(judge({ note: { values: [key, ...times(99, () => 'nothing')] } }), { note: 'api-key low' });
});

test('an address of the network is told by its type', () => {
  assert.deepEqual(judge({ seen: { type: 'inet', values: ['10.0.0.1/32'] }, nets: { type: '_cidr' } }), {
    seen: 'ip-address high',
    nets: 'ip-address high',
  });
});

test('without values a name is a hint, but where the type says the rest', () => {
  assert.deepEqual(judge({ email: {}, phone: { values: [] }, dob: { type: 'date' }, title: {} }), {
    email: 'email low',
    phone: 'phone low',
    dob: 'birthday high',
  });
});

test('a foreign key holds what it names, as the target classifies it or as it is proposed', () => {
  const owners = table('owners', { email: { values: addresses(20) }, code: { values: times(20, () => 'x') } });
  const refers = (column: string) => ({ schema: 's', table: 'owners', column });
  const cars = table('cars', {
    owner: { references: refers('email') },
    key: { references: refers('code') },
    plain: { references: refers('nothing') },
  });
  const found = proposeClasses([cars, owners], [{ schema: 's', table: 'owners', column: 'code', class: 'pseudonym' }]);
  assert.deepEqual(
    found.map(({ table: of, column, class: name, confidence, why }) => [of, column, name, confidence, why.at(-1)]),
    [
      ['cars', 'owner', 'email', 'high', 'it references s.owners.email, for which this class is proposed'],
      ['cars', 'key', 'pseudonym', 'high', 'it references s.owners.code, which is classified so'],
      ['owners', 'email', 'email', 'high', 'its name says “email”'],
    ],
  );
});

test('a column that is classified says so', () => {
  const [email] = proposeClasses(
    [table('people', { email: { values: addresses(20) } })],
    [{ schema: 's', table: 'people', column: 'email', class: 'contact' }],
  );
  assert.deepEqual([email?.class, email?.classified], ['email', 'contact']);
});

test('evidence keeps counts and shapes, and no value', () => {
  const seen = new ColumnEvidence('c', FINDINGS);
  for (const value of ['ada@example.com', ' ', '', 'ben@example.com', 'see cy@example.com', 'Ada'])
    seen.see(Buffer.from(value));
  assert.deepEqual([seen.values, seen.hits], [4, [{ detector: 'email', whole: 2, any: 3 }]]);
  assert.equal(seen.shape('email'), 'a***@***.com');
  assert.equal(JSON.stringify([seen.hits, seen.shape()]).includes('ada'), false);
});
