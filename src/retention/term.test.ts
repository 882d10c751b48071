import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KeptRun } from '../store/kept-runs.ts';
import { isUnder } from './hold.ts';
import { loadRetention, type RetentionRule } from './retention-rule.ts';
import { termOf } from './term.ts';

const RUN: KeptRun = {
  id: 'run_1',
  kind: 'ci',
  repositoryId: '74',
  repositoryUri: 'https://github.com/acme/shop',
  openedAt: '2026-01-01T00:00:00.000Z',
  closedAt: '2026-01-02T00:00:00.000Z',
  targets: ['shop'],
  classes: ['email'],
};

function rules(...declared: readonly object[]): readonly RetentionRule[] {
  const { items, problems } = loadRetention(declared.map((value) => ({ value, file: 'rules.yaml', line: () => 1 })));
  assert.deepEqual(problems, []);
  return items;
}

const term = (declared: readonly object[], run: KeptRun = RUN) => termOf(rules(...declared), run);

describe('until when the bodies of a run stay', () => {
  test('for good where no rule erases them, or none is about the run', () => {
    assert.equal(term([]), undefined);
    assert.equal(term([{ name: 'a', keepAtLeast: '7y' }]), undefined);
    assert.equal(term([{ name: 'a', eraseAfter: '1d', when: { targets: ['other'] } }]), undefined);
    assert.equal(term([{ name: 'a', eraseAfter: '1d' }], { ...RUN, closedAt: null }), undefined);
  });

  test('until the shortest time of the rules about it, counted from its end', () => {
    const declared = [
      { name: 'year', eraseAfter: '1y' },
      { name: 'month', eraseAfter: '30d', when: { classes: ['email', 'iban'] } },
    ];
    assert.deepEqual(term(declared), { eraseAt: '2026-02-01T00:00:00.000Z', rule: 'month' });
  });

  test('never less than the longest that a rule keeps it', () => {
    const declared = [
      { name: 'month', eraseAfter: '30d' },
      { name: 'audit', keepAtLeast: '1y', when: { targets: ['shop'] } },
      { name: 'week', keepAtLeast: '1w' },
    ];
    assert.deepEqual(term(declared), { eraseAt: '2027-01-02T00:00:00.000Z', rule: 'month', keptBy: 'audit' });
  });

  test('a rule is about a run that meets all that it names; a repository by its id or its address', () => {
    const when = { repositories: ['https://github.com/acme/shop'], kinds: ['ci'], targets: ['x', 'shop'] };
    assert.notEqual(term([{ name: 'a', eraseAfter: '1d', when }]), undefined);
    assert.equal(term([{ name: 'a', eraseAfter: '1d', when: { ...when, kinds: ['human'] } }]), undefined);
    assert.notEqual(term([{ name: 'a', eraseAfter: '1d', when: { repositories: ['74'] } }]), undefined);
  });

  test('a run whose classes nobody counted counts as having met all, which rules keep and erase alike', () => {
    const unknown = { ...RUN, classes: undefined };
    const when = { classes: ['iban'] };
    assert.equal(term([{ name: 'a', eraseAfter: '1d', when }]), undefined);
    assert.notEqual(term([{ name: 'a', eraseAfter: '1d', when }], unknown), undefined);
    const both = [
      { name: 'a', eraseAfter: '1d' },
      { name: 'b', keepAtLeast: '1y', when },
    ];
    assert.equal(term(both, unknown)?.keptBy, 'b');
  });

  test('a rule that says nothing, or no time, is refused where it stands', () => {
    const value = [{ name: 'a' }, { name: 'b', eraseAfter: '0d' }, { name: 'c', eraseAfter: '200y' }, { name: '-' }];
    const { items, problems } = loadRetention(value.map((one) => ({ value: one, file: 'r.yaml', line: () => 7 })));
    assert.deepEqual(items, []);
    assert.deepEqual(
      problems.map(({ line, message }) => [line, message.split(':')[0]]),
      [
        [7, 'retention rule'],
        [7, 'eraseAfter'],
        [7, 'eraseAfter'],
        [7, 'name'],
        [7, 'retention rule'],
      ],
    );
    const twice = loadRetention(
      [1, 2].map(() => ({ value: { name: 'a', eraseAfter: '1d' }, file: 'r.yaml', line: () => 1 })),
    );
    assert.match(twice.problems[0]?.message ?? '', /declared twice/);
  });
});

describe('what a hold keeps', () => {
  for (const [what, scope, isKept] of [
    ['the run that it names', { run: 'run_1' }, true],
    ['no other run', { run: 'run_2' }, false],
    ['runs of a repository, by id', { repository: '74' }, true],
    ['runs of a repository, by address', { repository: 'https://github.com/acme/shop' }, true],
    ['runs in a target', { target: 'shop' }, true],
    ['no runs in another', { target: 'other' }, false],
    ['runs that ended in its time', { since: '2026-01-01T12:00:00.000Z' }, true],
    ['no runs that ended before', { since: '2026-01-02T00:00:00.001Z' }, false],
    ['runs that began in its time', { until: '2026-01-01T00:00:00.000Z' }, true],
    ['no runs that began after', { until: '2025-12-31T00:00:00.000Z' }, false],
    ['only what meets all that is named', { target: 'shop', run: 'run_2' }, false],
  ] as const) {
    test(what, () => assert.equal(isUnder(scope, RUN), isKept));
  }
});
