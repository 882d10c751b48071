import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TargetName } from '../model/ids.ts';
import type { Workload } from '../model/principal.ts';
import { matchesPattern, patternProblem } from './claim-pattern.ts';
import { explainTrust, matchTrust, TrustRefused, type TrustRule } from './trust-rule.ts';

const WORKLOAD: Workload = {
  issuer: 'https://token.actions.githubusercontent.com',
  issuerKind: 'github',
  tokenSubject: 'repo:acme/shop:ref:refs/heads/main',
  sourceRepositoryId: '74',
  sourceOwnerId: '9',
  sourceRef: 'refs/heads/main',
  trigger: 'push',
  extra: { ref_protected: 'true' },
};

const rule = (name: string, more: Partial<TrustRule> = {}): TrustRule => ({
  name,
  issuer: 'github',
  claims: { sourceRepositoryId: ['74'] },
  allow: [],
  targets: ['pg-staging' as TargetName],
  lifetimeSeconds: 900,
  renewableSeconds: 3600,
  ...more,
});
const subject = (more: Partial<Workload> = {}) => ({ workload: { ...WORKLOAD, ...more }, issuer: 'github' });

function refusal(rules: readonly TrustRule[], more: Partial<Workload> = {}, issuer = 'github'): TrustRefused {
  try {
    matchTrust({ ...subject(more), issuer }, rules);
  } catch (error) {
    assert.ok(error instanceof TrustRefused);
    assert.equal(error.refusal.code, 'trust-denied');
    return error;
  }
  return assert.fail('let in');
}

describe('which rule lets a job in', () => {
  test('the one whose claims all match, and no rule means nobody', () => {
    const exact = rule('main', {
      claims: { sourceRepositoryId: ['75', '74'], sourceRef: ['refs/heads/main'], 'extra.ref_protected': ['true'] },
    });
    assert.deepEqual(matchTrust(subject(), [exact]).rules, ['main']);
    assert.deepEqual(refusal([exact], { sourceRef: 'refs/heads/main2' }).explanation, [
      'main: sourceRef is "refs/heads/main2", not "refs/heads/main"',
    ]);
    assert.deepEqual(refusal([]).explanation, ['there are no trust rules']);
  });

  test('several: their targets add up, and the shortest times hold', () => {
    const rules = [
      rule('a', { targets: ['pg-b', 'pg-a'] as TargetName[], lifetimeSeconds: 900, renewableSeconds: 60 }),
      rule('b', { claims: { sourceRepositoryId: ['1'] }, targets: ['pg-prod'] as TargetName[], lifetimeSeconds: 1 }),
      rule('c', { targets: ['pg-a', 'pg-c'] as TargetName[], lifetimeSeconds: 300 }),
    ];
    assert.deepEqual(matchTrust(subject(), rules), {
      rules: ['a', 'c'],
      targets: ['pg-b', 'pg-a', 'pg-c'],
      lifetimeSeconds: 300,
      renewableSeconds: 60,
    });
  });

  test('an owner that took another name keeps its id, and a repository that took the old name does not get in', () => {
    const byId = rule('by id');
    const renamed = { sourceRepositoryUri: 'https://github.com/new-name/shop' };
    assert.deepEqual(matchTrust(subject(renamed), [byId]).rules, ['by id']);
    const squatter = { sourceRepositoryUri: 'https://github.com/acme/shop', sourceRepositoryId: '4711' };
    refusal([byId], squatter);
  });

  test('never one of another issuer, whatever the claims say', () => {
    assert.deepEqual(refusal([rule('a')], {}, 'gitlab').explanation, ['a: is for the issuer github, not gitlab']);
  });

  test('a trap lets nobody in unless the rule allows it by its name', () => {
    for (const trigger of ['pull_request_target', 'workflow_run', 'issue_comment']) {
      assert.deepEqual(refusal([rule('a')], { trigger }).explanation, [`a: ${trigger} is not allowed by name`]);
      assert.deepEqual(matchTrust(subject({ trigger }), [rule('a', { allow: [trigger] })]).rules, ['a']);
      refusal([rule('a', { allow: ['issues'] })], { trigger });
    }
  });

  test('a fork of the GitLab project is let in only where the rule allows forks', () => {
    const fork = { issuerKind: 'gitlab', extra: { job_project_id: '20' }, sourceRepositoryId: '74' } as const;
    refusal([rule('a')], fork);
    assert.deepEqual(matchTrust(subject(fork), [rule('a', { allow: ['fork_merge_request'] })]).rules, ['a']);
  });

  test('the repository that a rule names is told what else the rule asks, and a stranger nothing', () => {
    const rules = [rule('main only', { claims: { sourceRepositoryId: ['74'], sourceRef: ['refs/heads/main'] } })];
    const own = refusal(rules, { sourceRef: 'refs/heads/x', trigger: 'workflow_run' }).refusal;
    assert.equal(
      own.hint,
      'The rule main only does not match: sourceRef is "refs/heads/x", not "refs/heads/main"; workflow_run is not allowed by name.',
    );
    const stranger = refusal(rules, { sourceRepositoryId: '75' });
    assert.deepEqual(stranger.refusal, { code: 'trust-denied', message: 'No trust rule lets this job in.' });
    assert.match(stranger.explanation.join(), /sourceRepositoryId is "75", not "74"/);
  });

  test('a claim that the token does not have matches nothing, not even what every object has', () => {
    assert.deepEqual(
      explainTrust(subject(), [rule('a', { claims: { sourceRepositoryId: ['74'], environment: ['prod'] } })]),
      ['a: environment is absent, not "prod"'],
    );
    refusal([rule('a', { claims: { 'extra.constructor': ['x'], toString: ['x'] } })]);
    assert.deepEqual(explainTrust(subject(), [rule('a')]), ['a: matches']);
  });
});

describe('a pattern in a rule', () => {
  test('matches the whole value, and a star stands within one segment', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['refs/heads/main', 'refs/heads/main', true],
      ['refs/heads/main', 'refs/heads/main2', false],
      ['refs/heads/*', 'refs/heads/main', true],
      ['refs/heads/*', 'refs/heads/', false],
      ['refs/heads/*', 'refs/heads/a/b', false],
      ['refs/heads/*', 'refs/tags/a', false],
      ['refs/heads/agent/*', 'refs/heads/agent/1', true],
      ['refs/heads/agent-*-done', 'refs/heads/agent-1-done', true],
      ['refs/heads/agent-*-done', 'refs/heads/agent--done', false],
      ['refs/heads/*-a-*', 'refs/heads/x-a-a-y', true],
      ['refs/heads/*/x', 'refs/heads/a/x', true],
      ['refs/heads/*/x', 'refs/heads/a/b/x', false],
      ['prod-*', 'prod-eu', true],
      ['prod-*', 'prod-eu:west', false],
      ['https://h/o/r/w.yml@refs/tags/v*', 'https://h/o/r/w.yml@refs/tags/v1', true],
      ['https://h/o/r/*.yml@refs/tags/v1', 'https://h/o/r/a@refs/heads/x.yml@refs/tags/v1', false],
      ['', '', true],
      ['a', 'A', false],
    ];
    for (const [pattern, value, expected] of cases) {
      assert.equal(matchesPattern(pattern, value), expected, `${pattern} ${value}`);
    }
  });

  test('takes no longer for a hostile value', () => {
    const pattern = `refs/heads/${'a*'.repeat(100)}b`;
    assert.equal(matchesPattern(pattern, `refs/heads/${'a'.repeat(100_000)}`), false);
  });

  test('stands only where it is anchored, in refs, environments and workflow URIs', () => {
    const refused = [
      ['sourceRef', '*'],
      ['sourceRef', '*/main'],
      ['sourceRef', 'refs/*'],
      ['sourceRef', 'refs/*/main'],
      ['sourceRef', 'refs/heads/**'],
      ['environment', '*'],
      ['environment', '*-prod'],
      ['buildSignerUri', 'https://github.com/*'],
      ['buildSignerUri', 'https://github.com/acme/*'],
      ['buildSignerUri', 'https://github.com/acme/shop*/.github/workflows/x.yml'],
      ['buildSignerUri', 'https://*/acme/shop/x.yml'],
      ['sourceRepositoryId', '7*'],
      ['sourceOwnerId', '*'],
      ['tokenSubject', 'repo:acme/*'],
      ['actor', 'dependabot*'],
      ['extra.team', 'a*'],
      ['sourceRef', '^refs/heads/main$'],
      ['sourceRef', 'refs/heads/.*'],
      ['sourceRef', 'refs/heads/[ab]'],
      ['sourceRef', ''],
    ] as const;
    for (const [field, value] of refused) assert.notEqual(patternProblem(field, value), undefined, `${field} ${value}`);
    const fine = [
      ['sourceRef', 'refs/heads/*'],
      ['sourceRef', 'refs/heads/release-*'],
      ['environment', 'prod-*'],
      ['buildSignerUri', 'https://github.com/acme/ci/.github/workflows/run.yml@refs/tags/v*'],
      ['tokenSubject', 'repo:acme/shop:ref:refs/heads/main'],
      ['sourceRepositoryId', '74'],
    ] as const;
    for (const [field, value] of fine) assert.equal(patternProblem(field, value), undefined, `${field} ${value}`);
  });
});
