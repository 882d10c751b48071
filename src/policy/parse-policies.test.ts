import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePolicies } from './parse-policies.ts';

const HEAD = 'policies:\n  - name: a\n    principals: any\n    targets: any\n';

/** The problems of one file as `line: message`. */
function problemsOf(text: string): readonly string[] {
  return parsePolicies([{ path: 'a.yaml', text }]).problems.map(({ line, message }) => `${line}: ${message}`);
}

test('a rule with everything in it', () => {
  const text = `
policies:
  - name: everything
    principals: { run.sourceRepositoryId: ["74", "75"], run.sourceRef: "refs/heads/release/*" }
    targets: { names: ["pg-*"], labels: { tier: [prod, staging] } }
    operations: [write, create]
    tables: [public.users, { table: "audit.*", use: read }]
    functions: [nextval]
    flags: [returning]
    when: operation.hasWhere && target.name != "x"
    effect: permit
    mask: [email, card]
    approve: { group: dba, quorum: 2, within: 30m }
    limit: { rowsRead: 1000 }
    reason: Because.
    hint: Do it.
`;
  assert.deepEqual(parsePolicies([{ path: 'a.yaml', text }]), {
    problems: [],
    policies: [
      {
        name: 'everything',
        principals: [{ 'run.sourceRepositoryId': ['74', '75'], 'run.sourceRef': ['refs/heads/release/*'] }],
        targets: { names: ['pg-*'], labels: { tier: ['prod', 'staging'] } },
        operations: ['write', 'create'],
        tables: [{ table: 'public.users' }, { table: 'audit.*', use: 'read' }],
        functions: ['nextval'],
        flags: ['returning'],
        when: 'operation.hasWhere && target.name != "x"',
        effect: 'permit',
        mask: ['email', 'card'],
        approve: {
          group: 'dba',
          quorum: 2,
          withinMs: 1_800_000,
          allowActor: false,
          measureRows: false,
          showText: false,
        },
        limit: [{ measure: 'rowsRead', most: 1000, per: 'run' }],
        reason: 'Because.',
        hint: 'Do it.',
      },
    ],
  });
});

describe('what is wrong is said with its line', () => {
  const cases: readonly (readonly [what: string, text: string, problems: readonly string[]])[] = [
    ['a file that is no list of rules', '- name: a', ['1: Begin with `policies:` and a list of rules.']],
    ['an empty file', '', ['1: Begin with `policies:` and a list of rules.']],
    [
      'a word beside the list',
      'policies: []\nrules: []',
      ['2: Nobody knows `rules` here; check the spelling or remove it.'],
    ],
    [
      'no principals',
      'policies:\n  - name: a\n    targets: any\n    operations: [read]\n    effect: permit',
      ['2: Say who: fields of the principal and their values, or `principals: any` for everybody.'],
    ],
    [
      'no targets',
      'policies:\n  - name: a\n    principals: any\n    operations: [read]\n    effect: permit',
      ['2: Say where: a list of target names, `{ names: […], labels: {…} }`, or `targets: any` for all of them.'],
    ],
    [
      'principals without a field',
      'policies:\n  - name: a\n    principals: {}\n    targets: any\n    operations: [read]\n    effect: permit',
      ['3: Name a field, or say `principals: any`.'],
    ],
    [
      'targets without a name or a label',
      'policies:\n  - name: a\n    principals: any\n    targets: { labels: {} }\n    operations: [read]\n    effect: permit',
      ['4: Name targets, or labels that they bear, or say `targets: any`.'],
    ],
    [
      'a pattern where the value must be exact',
      'policies:\n  - name: a\n    principals:\n      run.sourceRepositoryId: "7*"\n    targets: any\n    operations: [read]\n    effect: permit',
      ['4: run.sourceRepositoryId must be given exactly; patterns are for run.sourceRef and run.environment only.'],
    ],
    [
      'a number where a word must stand',
      'policies:\n  - name: a\n    principals: { run.runId: 74 }\n    targets: any\n    operations: [read]\n    effect: permit',
      ['3: Put one word or a list of words here; a number or a date needs quotes.'],
    ],
    [
      'a permit without operations',
      `${HEAD}    effect: permit`,
      ['2: A rule that permits says which `operations`: kinds, groups, or `any`.'],
    ],
    [
      'an operation that does not exist',
      `${HEAD}    operations: [read, raed]\n    effect: permit`,
      ['5: There is no operation raed; see docs/reference/policy.md for kinds and groups.'],
    ],
    [
      'an effect that does not exist',
      `${HEAD}    operations: [read]\n    effect: allow`,
      ['6: Say `effect: permit` or `effect: deny`.'],
    ],
    [
      'an obligation that nobody knows',
      `${HEAD}    operations: [read]\n    effect: permit\n    record: [screen]`,
      ['7: Nobody knows `record` here; check the spelling or remove it.'],
    ],
    [
      'a limit that nobody knows',
      `${HEAD}    operations: [read]\n    effect: permit\n    limit: { minutes: 5 }`,
      ['7: Nobody knows `minutes` here; check the spelling or remove it.'],
    ],
    [
      'a duration without a unit',
      `${HEAD}    operations: [read]\n    effect: permit\n    approve: { group: dba, within: "30" }`,
      ['7: Write a duration such as 30m: a number and one of ms, s, m, h, d.'],
    ],
    [
      'an approval without a group',
      `${HEAD}    operations: [read]\n    effect: permit\n    approve: { quorum: 1 }`,
      ['7: Put a word here; a number or a date needs quotes.'],
    ],
    [
      'an obligation of a rule that denies',
      `${HEAD}    effect: deny\n    mask: [email]`,
      ['6: `mask` binds a permit; a rule that denies cannot have it.'],
    ],
    [
      'a condition that does not parse',
      `${HEAD}    effect: deny\n    when: operation.kind ==`,
      ['6: Unexpected token: EOF.'],
    ],
    [
      'a condition about a field that does not exist',
      `${HEAD}    effect: deny\n    when: operation.knd == "x"`,
      ['6: No such key: knd.'],
    ],
    [
      'a condition that is neither true nor false',
      `${HEAD}    effect: deny\n    when: operation.kind`,
      ['6: `when` must be true or false, and this is a string.'],
    ],
    [
      'a regular expression in a condition',
      `${HEAD}    effect: deny\n    when: operation.kind.matches("(a+)+")`,
      ['6: regular expressions (`matches`) are not available in `when`.'],
    ],
    [
      'a condition about the time without a zone',
      `${HEAD}    effect: deny\n    when: time.hour < 8`,
      ['6: A condition that asks for the `time` says in which `timezone`, such as Europe/Berlin.'],
    ],
    [
      'a zone that is none',
      `${HEAD}    effect: deny\n    timezone: "+01:00"\n    when: time.hour < 8`,
      ['6: Write a zone of the IANA database, such as Europe/Berlin, or UTC.'],
    ],
    [
      'a lock that is none',
      `${HEAD}    effect: deny\n    lock: exclusiv`,
      [
        '6: Write one of access-share, row-share, row-exclusive, share-update-exclusive, share, share-row-exclusive, exclusive, access-exclusive.',
      ],
    ],
    [
      'a class that is none',
      `${HEAD}    effect: deny\n    filters: [E-Mail]`,
      ['6: Write a class as the target has it, or `any`.'],
    ],
    [
      'a table without a schema',
      `${HEAD}    tables: [users]\n    effect: deny`,
      ['5: Write schema.table, or `{ table: schema.table, use: read|write }`.'],
    ],
    [
      'a pattern with too many stars',
      `${HEAD.replace('targets: any', 'targets: ["*a*b*c*d*"]')}    effect: deny`,
      ['4: Use at most 4 stars.'],
    ],
    [
      'a name that is taken',
      `${HEAD}    effect: deny\n  - name: a\n    principals: any\n    targets: any\n    effect: deny`,
      ['6: The name is taken by a.yaml:2; give another one.'],
    ],
    ['a key that stands twice', `${HEAD}    effect: deny\n    effect: permit`, ['6: Map keys must be unique.']],
    [
      'YAML that is not',
      'policies: [',
      ['1: Flow sequence in block collection must be sufficiently indented and end with a ].'],
    ],
    [
      'a tag that would run something',
      'policies: !!js/function "x"',
      ['1: Unresolved tag: tag:yaml.org,2002:js/function.'],
    ],
  ];
  for (const [what, text, problems] of cases) {
    test(what, () => assert.deepEqual(problemsOf(text), problems));
  }

  test('aliases that blow up', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`).join('\n');
    assert.deepEqual(problemsOf(`l0: &l0 [x]\n${levels}\npolicies: *l9`), [
      '1: Begin with `policies:` and a list of rules.',
    ]);
  });

  test('a file that is too long', () => {
    assert.deepEqual(problemsOf(`# ${'x'.repeat(1024 * 1024)}`), [
      '1: The file is longer than 1048576 bytes; split it.',
    ]);
  });

  test('every problem of every file, and the rules that are right', () => {
    const good = `${HEAD}    effect: deny`;
    const { policies, problems } = parsePolicies([
      { path: 'x.yaml', text: '{' },
      { path: 'y.yaml', text: good },
      { path: 'z.yaml', text: `${good}\n    nonsense: 1` },
    ]);
    assert.deepEqual(
      policies.map((policy) => policy.name),
      ['a'],
    );
    assert.deepEqual(
      problems.map((problem) => problem.path),
      ['x.yaml', 'z.yaml'],
    );
  });
});

describe('a limit', () => {
  const read = (limit: string) => {
    const text = `policies:\n  - name: a\n    principals: any\n    targets: any\n    operations: [read]\n    effect: permit\n    limit: ${limit}\n`;
    const { policies, problems } = parsePolicies([{ path: 'a.yaml', text }]);
    return problems.length > 0 ? problems.map(({ message }) => message).join(' ') : policies[0]?.limit;
  };

  test('is a map of what a run may spend, or a list of budgets', () => {
    assert.deepEqual(read('{ rowsRead: 10, bytes: 50MB }'), [
      { measure: 'rowsRead', most: 10, per: 'run' },
      { measure: 'bytes', most: 50_000_000, per: 'run' },
    ]);
    assert.deepEqual(read('[{ rowsChanged: 5, per: statement }, { tables: 3, per: target, within: 1h }]'), [
      { measure: 'rowsChanged', most: 5, per: 'statement' },
      { measure: 'tables', most: 3, per: 'target', withinMs: 3_600_000 },
    ]);
    assert.deepEqual(read('[{ statements: 5, exceeded: deny }]'), [{ measure: 'statements', most: 5, per: 'run' }]);
    assert.deepEqual(read('[{ rowsRead: 5, exceeded: { approve: { group: dba, within: 10m } } }]'), [
      {
        measure: 'rowsRead',
        most: 5,
        per: 'run',
        exceeded: {
          group: 'dba',
          quorum: 1,
          withinMs: 600_000,
          allowActor: false,
          measureRows: false,
          showText: false,
        },
      },
    ]);
  });

  for (const [size, bytes] of [
    ['7', 7],
    ['7B', 7],
    ['2KB', 2_000],
    ['2KiB', 2_048],
    ['3 MiB', 3_145_728],
    ['1GB', 1_000_000_000],
    ['1GiB', 1_073_741_824],
  ] as const) {
    test(`of ${size} is one of ${bytes} bytes`, () => {
      assert.deepEqual(read(`{ bytes: ${size} }`), [{ measure: 'bytes', most: bytes, per: 'run' }]);
    });
  }

  for (const [limit, message] of [
    ['{}', 'Say how much of what: rowsRead, rowsChanged, bytes, statements, tables.'],
    ['[{ per: run }]', 'Say how much of what: rowsRead, rowsChanged, bytes, statements, tables.'],
    ['7', 'Write a list of budgets, or a map such as { rowsRead: 1000 }.'],
    ['{ rowsRead: -1 }', 'Write 0 or more.'],
    ['{ rowsRead: many }', 'Write a whole number.'],
    ['{ bytes: 5 parsecs }', 'Write a size such as 50MB: a number, and B, KB, MB, GB, KiB, MiB or GiB.'],
    ['{ bytes: 5mb }', 'Write a size such as 50MB: a number, and B, KB, MB, GB, KiB, MiB or GiB.'],
    ['[{ rowsRead: 5, per: hour }]', 'Write statement, run or target.'],
    ['[{ rowsRead: 5, per: target }]', 'A target has no end: say `within`, such as 1h.'],
    ['[{ rowsRead: 5, per: statement, within: 1h }]', 'A statement has no time; leave `within` out.'],
    ['[{ statements: 5, per: statement }]', 'Count statements per run or per target.'],
    ['[{ rowsRead: 5, within: 10s }]', 'Write at least 1m.'],
    ['[{ rowsRead: 5, within: 90d }]', 'Write at most 31d.'],
    ['[{ rowsRead: 5, exceeded: ask }]', 'Write `deny`, or `{ approve: { group: … } }`.'],
    ['[{ rowsRead: 5 }, { rowsRead: 9 }]', 'There are two budgets of rowsRead per run; keep one.'],
  ] as const) {
    test(`of ${limit} is told: ${message}`, () => {
      assert.equal(read(limit), message);
    });
  }
});
