import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePolicies } from '../../policy/parse-policies.ts';
import { readConfiguration } from '../../targets/read-configuration.ts';
import type { LintSurroundings } from './finding.ts';
import { lintPolicies } from './lint-policies.ts';

const TARGETS: LintSurroundings['targets'] = [
  { name: 'shop', labels: { tier: 'prod' }, classes: ['email'] },
  { name: 'notes', labels: {}, classes: [] },
];

/** `line code: rule: message` of each finding; `r` is a rule's name and what it has besides the usual. */
function lint(rules: readonly string[], known: Partial<LintSurroundings> = { targets: TARGETS }): readonly string[] {
  const text = `policies:\n${rules.join('\n')}\n`;
  const files = [{ name: 'p.yaml', text }];
  const declared = readConfiguration(files);
  const { policies, problems } = parsePolicies(declared.policyFiles);
  assert.deepEqual([...problems, ...declared.problems], []);
  const findings = lintPolicies({ policies, files, declared: declared.sections.policies ?? [], ...known });
  return findings.map(({ path, line, code, rule, message }) => `${path}:${line} ${code}: ${rule}: ${message}`);
}

const permit = (name: string, more: string, where = 'targets: [shop]'): string =>
  `  - { name: ${name}, principals: { run.sourceRepositoryId: "74" }, ${where}, effect: permit, ${more} }`;
const deny = (name: string, more: string, where = 'targets: [shop]'): string =>
  `  - { name: ${name}, principals: any, ${where}, effect: deny, ${more} }`;

describe('a rule that is', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    ['as it should be', [permit('a', 'operations: [read], mask: [email, secret]')], []],
    [
      'about tables and operations that have none',
      [deny('a', 'operations: [begin, commit], tables: [public.users]')],
      ['never-matches: a: operations of begin, commit touch no tables, so `tables` is never met'],
    ],
    [
      'about columns and operations that have none',
      [deny('a', 'operations: [transaction], filters: any')],
      ['never-matches: a: operations of transaction touch no tables, so `filters` is never met'],
    ],
    [
      'a read that writes tables',
      [permit('a', 'operations: [select], tables: [{ table: public.x, use: write }]')],
      ['never-matches: a: operations that only read have no table of `use: write`'],
    ],
    [
      'a read that assigns',
      [deny('a', 'operations: [read], writes: [email]')],
      ['never-matches: a: operations that only read assign no column'],
    ],
    [
      'a human in CI',
      ['  - { name: a, principals: { run.kind: ci, principal.kind: human }, targets: [shop], effect: deny }'],
      ['never-matches: a: a human is no CI job, and the other way round'],
    ],
    [
      'a contradiction',
      [deny('a', "when: operation.kind == 'drop' && operation.kind == 'alter'")],
      ['never-matches: a: `when` is false for every operation that the rule is about'],
    ],
    [
      'a condition about other operations',
      [deny('a', "operations: [select], when: operation.kind == 'drop'")],
      ['never-matches: a: `when` is false for every operation that the rule is about'],
    ],
    [
      'a condition that can hold',
      [deny('a', "operations: [ddl], when: operation.kind == 'drop' || operation.tables.size() > 3")],
      [],
    ],
    [
      'an hour that there is not',
      [deny('a', 'timezone: UTC, when: time.hour >= 18 && time.hour < 6')],
      ['never-matches: a: `when` is false for every operation that the rule is about'],
    ],
    ['a night', [deny('a', 'timezone: UTC, when: time.hour >= 18 || time.hour < 6')], []],
    [
      'a condition about a target that is another one',
      [deny('a', "when: target.name == 'notes'")],
      ['never-matches: a: `when` is false for every operation that the rule is about'],
    ],
    [
      'a zone without a time',
      [deny('a', "timezone: UTC, when: operation.kind == 'drop'")],
      ['time-unused: a: `timezone` is there, and `when` does not ask for the time'],
    ],
    [
      'a kind that there is not',
      [deny('a', "when: operation.kind != 'dorp'")],
      ['never-matches: a: `when` asks for the kind dorp, which no operation has'],
    ],
    [
      'a flag that there is not',
      [deny('a', 'flags: [do-blok]')],
      ['unknown-flag: a: no operation has the flag do-blok'],
    ],
    [
      'a flag that there is not, in a condition',
      [deny('a', `when: '"set-rolle" in operation.flags'`)],
      ['unknown-flag: a: `when` asks for the flag set-rolle, which no operation has'],
    ],
    [
      'about no target',
      [deny('a', 'operations: [drop]', 'targets: [shop, pg-*]')],
      ['unknown-target: a: no target is named pg-*'],
    ],
    [
      'about labels that no target bears',
      [deny('a', 'operations: [drop]', 'targets: { labels: { tier: dev } }')],
      ['unknown-target: a: no target bears these labels'],
    ],
    [
      'about a class that no column has',
      [deny('a', 'filters: [email, card]')],
      ["unused-class: a: no column of the rule's targets is of class card"],
    ],
    [
      'a mask of what is neither class nor detector',
      [permit('a', 'operations: [read], mask: [email, jwt, pii, salary]')],
      ["unused-class: a: no column of the rule's targets is of class salary, and no detector has that name"],
    ],
    [
      'taken back',
      [permit('a', 'operations: [drop]'), deny('b', 'operations: [ddl, drop]')],
      ['shadowed: a: whatever it permits, “b” denies'],
    ],
    [
      'taken back in part',
      [permit('a', 'operations: [drop]'), deny('b', 'operations: [drop], tables: [public.x]')],
      [],
    ],
    [
      'taken back for others',
      [
        permit('a', 'operations: [drop]'),
        '  - { name: b, principals: { run.sourceRepositoryId: "75" }, targets: any, effect: deny }',
      ],
      [],
    ],
    [
      'said twice',
      [permit('a', 'operations: [read, insert]'), permit('b', 'operations: [read]')],
      ['redundant: b: “a” says all that it says'],
    ],
    [
      'said twice in the same words',
      [permit('a', 'operations: [read]'), permit('b', 'operations: [read]')],
      ['redundant: b: “a” says all that it says'],
    ],
    [
      'a special case',
      [permit('a', 'operations: [read, insert]'), permit('b', 'operations: [read], mask: [email]')],
      [],
    ],
    [
      'half of another one, with other obligations',
      [permit('a', 'operations: [read, insert], mask: [email]'), permit('b', 'operations: [read, update]')],
      ['overlapping: a: some of what it permits “b” permits, too, with another `mask`; there both count'],
    ],
    [
      'beside another one',
      [permit('a', 'operations: [insert], mask: [email]'), permit('b', 'operations: [update]')],
      [],
    ],
    [
      'for everybody',
      ['  - { name: a, principals: any, targets: [shop], operations: [read, delete], effect: permit }'],
      ['too-broad: a: everybody may delete'],
    ],
    [
      'for every job',
      ['  - { name: a, principals: { run.kind: ci }, targets: [shop], operations: [write], effect: permit }'],
      ['too-broad: a: everybody may write'],
    ],
    [
      'for everybody who was let',
      [
        '  - { name: a, principals: any, targets: [shop], operations: [write], effect: permit, approve: { group: dba } }',
      ],
      [],
    ],
    [
      'for everything',
      [permit('a', 'operations: [any]', 'targets: any')],
      ['too-broad: a: it permits any operation on any target'],
    ],
    [
      'for what nobody knows',
      [permit('a', 'operations: [unknown]')],
      ['too-broad: a: it permits what nobody can tell the effect of'],
    ],
    ['for a function that is named', [permit('a', 'operations: [unknown], functions: [app.f]')], []],
    [
      'a limit of what cannot be',
      [permit('a', 'operations: [read], limit: { rowsChanged: 5 }')],
      ['limit-unreachable: a: operations that only read change no rows'],
    ],
    [
      'a limit behind a smaller one',
      [permit('a', 'operations: [read], limit: [{ rowsRead: 500, per: statement }, { rowsRead: 100 }]')],
      ['limit-unreachable: a: 500 rowsRead of one statement are never reached: 100 per run come first'],
    ],
  ];
  for (const [what, rules, expected] of cases) {
    test(`${what}: ${expected.length === 0 ? 'nothing to say' : (expected[0] ?? '').split(':', 1)[0]}`, () => {
      assert.deepEqual(
        lint(rules).map((line) => line.replace(/^p\.yaml:\d+ /, '')),
        expected,
      );
    });
  }
});

test('a finding stands at its line', () => {
  const rule = [
    '  - name: a',
    '    principals: any',
    '    targets:',
    '      - shop',
    '      - nowhere',
    '    flags: [listen, nothing]',
    '    effect: deny',
  ];
  assert.deepEqual(lint(rule), [
    'p.yaml:6 unknown-target: a: no target is named nowhere',
    'p.yaml:7 unknown-flag: a: no operation has the flag nothing',
  ]);
});

test('targets and groups count where they are known', () => {
  const rules = [permit('a', 'operations: [ddl], approve: { group: dba }', 'targets: [nowhere]')];
  assert.deepEqual(lint(rules, {}), []);
  assert.deepEqual(lint(rules, { groups: new Set(['ops']) }), [
    'p.yaml:2 empty-group: a: nobody is in the group dba, so nobody can approve',
  ]);
  assert.deepEqual(lint(rules, { groups: new Set(['dba']) }), []);
});

describe('a finding is switched off', () => {
  const broad = '  - { name: a, principals: any, targets: [shop], operations: [write], effect: permit }';

  test('in the line or right above, with a reason', () => {
    assert.deepEqual(lint([`${broad} # lint-ignore: too-broad it is a playground`]), []);
    assert.deepEqual(lint(['  # lint-ignore: too-broad, a playground', '  # (see the wiki)', broad]), []);
  });

  test('without a reason, which is a finding', () => {
    assert.deepEqual(lint([`${broad} # lint-ignore: too-broad`]), [
      'p.yaml:2 ignore-without-reason: a: it does not say why too-broad is switched off',
    ]);
  });

  test('for this rule and this code alone', () => {
    assert.deepEqual(lint([`${broad} # lint-ignore: shadowed because`, broad.replace('name: a', 'name: b')]), [
      'p.yaml:2 too-broad: a: everybody may write',
      'p.yaml:2 ignore-unused: a: nothing of this rule is shadowed, so nothing is switched off',
      'p.yaml:3 redundant: b: “a” says all that it says',
      'p.yaml:3 too-broad: b: everybody may write',
    ]);
  });
});
