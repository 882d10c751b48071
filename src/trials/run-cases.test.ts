import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadPostgresParser } from '../sql/postgres/parser.ts';
import { type Files, readCases } from './read-cases.ts';
import { coverageOf, runCases, schemaNotes } from './run-cases.ts';

before(loadPostgresParser);

const POLICIES = `policies:
  - name: reads
    principals: { run.sourceRepositoryId: "74" }
    targets: [shop]
    operations: [read, session]
    effect: permit
    mask: [email]
  - name: asks
    principals: any
    targets: [shop]
    operations: [create]
    effect: permit
    approve: { group: dba }
  - name: mornings
    principals: any
    targets: [shop]
    operations: [insert]
    timezone: UTC
    when: time.hour < 12
    effect: permit
`;

const HEAD = `targets:
  shop:
    schema: |
      create table users (id int, email text, name text);
      create view mails as select email as address from users;
    classified:
      - { column: public.users.email, class: email, mask: partial }
runs: { ci: { run.sourceRepositoryId: "74" } }
target: shop
run: ci
cases:
`;

function filesOf(texts: Readonly<Record<string, string>>): Files {
  const text = (path: string): string => texts[path] ?? assert.fail(`${path} is not there`);
  return { text, yaml: (path) => [{ name: path, text: text(path) }] };
}

/** `name: difference; difference` for each case, `name` alone where it passed. */
async function run(cases: string, policies = POLICIES): Promise<readonly string[]> {
  const read = readCases('p/x.test.yaml', filesOf({ 'p/x.test.yaml': HEAD + cases, 'p/x.yaml': policies }));
  if ('problems' in read) return read.problems.map(({ path, line, message }) => `${path}:${line} ${message}`);
  return (await runCases(read, () => 0)).map(({ name, steps }) =>
    [name, steps.flatMap(({ differences }) => differences).join('; ')].filter((text) => text !== '').join(': '),
  );
}

describe('a case', () => {
  const cases: readonly [string, string, string][] = [
    ['passes', '{ name: a, statement: select 1, expect: permit }', 'a'],
    [
      'fails with what was decided instead, and why',
      '{ name: a, statement: delete from users, expect: permit }',
      'a: expected permit, got deny (policy-no-match: No rule permits this delete on public.users.)',
    ],
    [
      'tells a permit from one that people are asked for',
      '{ name: a, statement: create table t (i int), expect: permit }',
      'a: expected permit, got hold',
    ],
    [
      'names rules, groups and the code',
      '{ name: a, statement: create table t (i int), expect: { rules: reads, approve: [dba, ops] } }',
      'a: expected rules reads, got asks; expected approval of dba, ops, got dba',
    ],
    [
      'names the code of a denial',
      '{ name: a, statement: nonsense, expect: { code: policy-denied } }',
      'a: expected code policy-denied, got request-unparsable',
    ],
    [
      'tells each mask',
      '{ name: a, statement: "select email as e, id from users", expect: { masks: { e: partial } } }',
      'a',
    ],
    [
      'tells a mask that is another one, and columns that should be clear',
      '{ name: a, statement: "select email as e, upper(email) as u, id from users", expect: { masks: { e: hash } } }',
      'a: column e: expected hash, got partial (by public.users.email); column u: expected clear, got redact (by public.users.email)',
    ],
    [
      'tells a column that is not there',
      '{ name: a, statement: select id from users, expect: { masks: { e: hash } } }',
      'a: expected a result column e, got id',
    ],
    [
      'looks through views of the schema',
      '{ name: a, statement: select * from mails, expect: { masks: { address: partial } } }',
      'a',
    ],
    [
      'tells the columns that COPY sends',
      '{ name: a, statement: "copy (select id, email as e from users) to stdout", expect: { masks: { e: partial } } }',
      'a',
    ],
    ['needs no result for no masks', '{ name: a, statement: set statement_timeout = 1, expect: { masks: {} } }', 'a'],
    [
      'has a run of its own',
      '{ name: a, run: { run.sourceRepositoryId: "75" }, statement: select 1, expect: deny }',
      'a',
    ],
    [
      'has a time of its own',
      '{ name: a, at: "2026-11-23T11:59:59Z", statement: insert into users values (1), expect: permit }',
      'a',
    ],
    ['is asked at noon where it has none', '{ name: a, statement: insert into users values (1), expect: deny }', 'a'],
  ];
  for (const [what, text, expected] of cases) {
    test(what, async () => assert.deepEqual(await run(`  - ${text}\n`), [expected]));
  }
});

describe('a session', () => {
  const session = (...steps: readonly string[]): Promise<readonly string[]> =>
    run(`  - name: s\n    session:\n${steps.map((step) => `      - ${step}\n`).join('')}`);

  test('follows prepared statements and cursors', async () => {
    assert.deepEqual(await session('prepare p as delete from users', '{ statement: execute p, expect: deny }'), [
      's: expected permit, got deny (policy-no-match: No rule permits this delete on public.users.)',
    ]);
    assert.deepEqual(
      await session(
        'prepare p as select email from users',
        '{ statement: execute p, expect: { masks: { email: partial } } }',
      ),
      ['s'],
    );
  });

  test('follows the search path', async () => {
    assert.deepEqual(
      await session(
        'set search_path = nowhere',
        '{ statement: select email from users, expect: { masks: { email: redact } } }',
      ),
      ['s'],
    );
  });

  test('has a database of its own, and what it defines counts for what comes after', async () => {
    const made = 'create view v as select email from users';
    assert.deepEqual(
      await session(
        `{ statement: ${made}, expect: hold }`,
        '{ statement: select * from v, expect: { masks: { email: partial } } }',
      ),
      ['s'],
    );
    assert.deepEqual(await session('{ statement: select * from v, expect: { masks: { email: partial } } }'), [
      's: the columns of the result cannot be told, so that all of them may be masked',
    ]);
  });

  test('a statement that nothing is expected of must be permitted', async () => {
    assert.deepEqual(await session('drop table users', '{ statement: select 1, expect: permit }'), [
      's: expected permit, got deny (policy-no-match: No rule permits this drop on public.users.)',
    ]);
  });

  test('what a copy makes has the class of what was copied', async () => {
    assert.deepEqual(
      await session(
        '{ statement: create table t as select email as e from users, expect: hold }',
        '{ statement: select e from t, expect: { masks: { e: redact } } }',
      ),
      ['s'],
    );
  });
});

test('what of a schema is not taken into account is told', async () => {
  const text = `targets:
  a: { schema: "create table t (i int);\\ncreate event trigger e on ddl_command_end execute function f()" }
  b: {}
run: {}
cases: [{ name: x, target: a, statement: select 1, expect: deny }]
`;
  const read = readCases('x.test.yaml', filesOf({ 'x.test.yaml': text, 'x.yaml': POLICIES }));
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  assert.deepEqual(schemaNotes(read), [
    'x.test.yaml: the schema of a, line 2: what an event trigger runs is not known here',
    'x.test.yaml: the target b has no schema, so names mean what they may',
  ]);
});

test('coverage counts the cases in which a rule matches', async () => {
  const text = `${HEAD}  - { name: a, statement: select 1, expect: permit }\n  - { name: b, statement: select 2, expect: permit }\n`;
  const read = readCases('x.test.yaml', filesOf({ 'x.test.yaml': text, 'x.yaml': POLICIES }));
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  assert.deepEqual(coverageOf(read, await runCases(read, () => 0)), [
    { rule: 'reads', cases: 2 },
    { rule: 'asks', cases: 0 },
    { rule: 'mornings', cases: 0 },
  ]);
});

test('rules beside those under test decide, and are not counted', async () => {
  const rule = '{ name: any, principals: any, targets: any, operations: [any], effect: permit }';
  const text = `beside: [${rule}]\n${HEAD}  - { name: a, statement: delete from users, expect: permit }\n`;
  const read = readCases('x.test.yaml', filesOf({ 'x.test.yaml': text, 'x.yaml': POLICIES }));
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  const results = await runCases(read, () => 0);
  assert.deepEqual(
    results.map(({ passed }) => passed),
    [true],
  );
  assert.deepEqual(
    coverageOf(read, results).map(({ rule: name }) => name),
    ['reads', 'asks', 'mornings'],
  );
  const wrong = filesOf({ 'x.test.yaml': text.replace('effect: permit', 'effect: perhaps'), 'x.yaml': POLICIES });
  assert.deepEqual(readCases('x.test.yaml', wrong), {
    problems: [{ path: 'x.test.yaml', line: 1, message: 'Say `effect: permit` or `effect: deny`.' }],
  });
  const taken = filesOf({ 'x.test.yaml': text.replace('name: any', 'name: reads'), 'x.yaml': POLICIES });
  assert.deepEqual(readCases('x.test.yaml', taken), {
    problems: [
      { path: 'x.test.yaml', line: 1, message: 'the rule reads is one of those under test; give it another name' },
    ],
  });
});

describe('what is wrong with a file of cases is told with its line', () => {
  const cases: readonly [string, string, string][] = [
    ['no expectation', '  - { name: a, statement: select 1 }', '12 cases.0: say what is expected'],
    [
      'two ways to ask',
      '  - { name: a, statement: select 1, session: [select 1], expect: deny }',
      '12 cases.0: write one of `statement`, `request`, `command`, `file` and `session`',
    ],
    [
      'a target that there is not',
      '  - { name: a, target: b, statement: select 1, expect: deny }',
      '12 there is no target b under `targets:`',
    ],
    [
      'a run that there is not',
      '  - { name: a, run: b, statement: select 1, expect: deny }',
      '12 there is no run b under `runs:`',
    ],
    [
      'a key that nobody knows',
      '  - { name: a, statment: select 1, expect: deny }',
      '12 cases.0: Unrecognized key: "statment"',
    ],
  ];
  for (const [what, text, expected] of cases) {
    test(what, async () => assert.equal((await run(`${text}\n`))[0], `p/x.test.yaml:${expected}`));
  }

  test('a problem of the policies', async () => {
    assert.deepEqual(
      (await run('  - { name: a, statement: select 1, expect: deny }\n', 'policies:\n  - { name: a }\n'))[0],
      'p/x.yaml:2 Say who: fields of the principal and their values, or `principals: any` for everybody.',
    );
  });

  test('a file that is not there', async () => {
    const read = readCases(
      'a.test.yaml',
      filesOf({ 'a.test.yaml': HEAD + '  - { name: a, statement: select 1, expect: deny }\n' }),
    );
    assert.deepEqual(read, { problems: [{ path: 'a.test.yaml', line: 1, message: 'a.yaml is not there' }] });
  });
});

test('a request of an HTTP target is decided by its method, path, query, fields and body, and what has a class is told', async () => {
  const policies = `policies:
  - name: reads
    principals: any
    targets: [api]
    operations: [read]
    http: { hosts: [api.shop.example], paths: [/customers, "/customers/*"] }
    effect: permit
    mask: [email, card]
  - name: cheap orders
    principals: any
    targets: [api]
    operations: [post]
    http: { paths: [/orders], query: { express: ["0"] }, headers: { x-team: [shop] }, body: { kind: [gift] } }
    effect: permit
    approve: { group: support, quorum: 1, within: 10m }
`;
  const text = `
targets:
  api:
    url: https://api.shop.example/v1
    classified:
      - { path: "GET /customers/{id}", field: email, class: email, mask: partial }
      - { path: /orders, field: note, class: email }
runs: { agent: { run.sourceRepositoryId: "74" } }
target: api
run: agent
cases:
  - { name: a, request: GET /customers/17, expect: { decision: permit, masks: { email: partial }, detectors: [card] } }
  - { name: b, statement: "GET /customers?all=1", expect: { decision: permit, masks: {} } }
  - name: c
    request: { http: { method: POST, path: /orders, query: { express: "0" }, headers: { x-team: shop }, body: { kind: gift } } }
    expect: { decision: hold, approve: support }
  - name: d
    session:
      - request: GET /customers/1
      - request: { http: { method: POST, path: "/orders?express=0", headers: { x-team: shop }, body: { kind: "no" } } }
        expect: { decision: deny, code: policy-no-match }
  - { name: e, request: GET /customers/a%2Fb, expect: { decision: deny, code: request-unknown } }
  - { name: f, request: GET /customers/17, expect: { masks: { name: redact } } }
`;
  const read = readCases('x.test.yaml', filesOf({ 'x.test.yaml': text, 'x.yaml': policies }));
  if ('problems' in read) assert.fail(JSON.stringify(read.problems));
  const results = await runCases(read, () => 0);
  assert.deepEqual(
    results.map(({ name, steps }) => [name, ...steps.flatMap(({ differences }) => differences)]),
    [
      ['a'],
      ['b'],
      ['c'],
      ['d'],
      ['e'],
      [
        'f',
        'expected a result column name, got email',
        'column email: expected clear, got partial (by GET /customers/{id} email)',
      ],
    ],
  );
});
