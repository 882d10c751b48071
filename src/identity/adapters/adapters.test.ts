import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { githubClaims, gitlabClaims } from '../../../test/support/ci-claims.ts';
import { makeIssuer, tokenRefused } from '../../../test/support/token-verifier.ts';
import type { Issuer } from '../issuer.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { displayOf, readWorkload } from './read-workload.ts';

const TIMES = { iss: 'i', aud: 'a', nowSeconds: 1 };
const GITHUB = makeIssuer('https://token.actions.githubusercontent.com', 'github');
const GITLAB = makeIssuer('https://gitlab.example.com', 'gitlab');

describe('GitHub', () => {
  const read = (more: object = {}, issuer: Issuer = GITHUB) =>
    readWorkload({ ...githubClaims(TIMES), ...more }, issuer);

  test('gives the job in the common vocabulary', () => {
    assert.deepEqual(read({ environment: 'production', repo_property_tier: 'gold,silver' }), {
      issuer: 'https://token.actions.githubusercontent.com',
      issuerKind: 'github',
      tokenSubject: 'repo:acme/shop:ref:refs/heads/main',
      sourceRepositoryUri: 'https://github.com/acme/shop',
      sourceRepositoryId: '74',
      sourceOwnerId: '9',
      sourceDigest: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
      trigger: 'push',
      runInvocationUri: 'https://github.com/acme/shop/actions/runs/5001/attempts/2',
      runId: '5001',
      runAttempt: '2',
      sourceRef: 'refs/heads/main',
      buildConfigUri: 'https://github.com/acme/shop/.github/workflows/agent.yml@refs/heads/main',
      buildConfigDigest: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
      buildSignerUri: 'https://github.com/acme/ci/.github/workflows/run-agent.yml@refs/tags/v1',
      buildSignerDigest: '7f3cd7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f0999',
      environment: 'production',
      runnerEnvironment: 'github-hosted',
      visibility: 'private',
      actor: 'octocat',
      actorId: '12',
      runBinding: 'verified',
      derived: ['sourceRepositoryUri', 'runInvocationUri', 'buildConfigUri', 'buildSignerUri', 'extra.workflow_path'],
      extra: {
        workflow_path: '.github/workflows/agent.yml',
        repository: 'acme/shop',
        ref_type: 'branch',
        ref_protected: 'true',
        run_number: '10',
        workflow: 'agent',
        repo_property_tier: 'gold,silver',
      },
    });
  });

  test('takes nothing from the subject, whatever its form', () => {
    const plain = read();
    for (const sub of [
      'repo:acme/shop:environment:prod%3Aeu',
      'repo:acme@9/shop@74:ref:refs/heads/main',
      'repo:other@1/other@2:pull_request',
      'repository_id:999',
      'x',
    ]) {
      assert.deepEqual(read({ sub }), { ...plain, tokenSubject: sub });
    }
  });

  test('names the server by its issuer, so that one of its own cannot claim a repository of github.com', () => {
    const enterprise = makeIssuer('https://ghes.example/_services/token', 'github');
    assert.equal(read({}, enterprise).sourceRepositoryUri, 'https://ghes.example/acme/shop');
    const residency = makeIssuer('https://token.actions.acme.ghe.com', 'github');
    assert.equal(read({}, residency).sourceRepositoryUri, 'https://acme.ghe.com/acme/shop');
    const slug = makeIssuer('https://token.actions.githubusercontent.com/acme', 'github');
    assert.equal(read({}, slug).sourceRepositoryUri, 'https://github.com/acme/shop');
  });

  test('keeps a workflow whose file name holds an @, one that is pinned to a commit, and a deployment without a ref', () => {
    const odd = 'acme/ci/.github/workflows/a@b.yml@refs/heads/main';
    assert.equal(read({ job_workflow_ref: odd }).buildSignerUri, `https://github.com/${odd}`);
    const pinned = 'acme/ci/.github/workflows/a.yml@7f3cd7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f0999';
    assert.equal(read({ job_workflow_ref: pinned }).buildSignerUri, `https://github.com/${pinned}`);
    assert.equal('sourceRef' in read({ ref: '' }), false);
    assert.equal(displayOf(read({ ref: '' })), 'acme/shop@2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112');
  });

  test('says the ref and the event of a pull request although its subject speaks of an environment', () => {
    const pull = { event_name: 'pull_request', ref: 'refs/pull/9/merge', environment: 'production' };
    const workload = read({ ...pull, sub: 'repo:acme/shop:environment:production' });
    assert.deepEqual(
      [workload.sourceRef, workload.trigger, workload.environment],
      ['refs/pull/9/merge', 'pull_request', 'production'],
    );
  });

  test('gives the path of a workflow of the repository itself, and none of one that only looks so', () => {
    const path = (workflow_ref: unknown) => read({ workflow_ref }).extra?.['workflow_path'];
    assert.equal(path('acme/shop/.github/workflows/a@b.yml@refs/heads/main'), '.github/workflows/a@b.yml');
    for (const other of ['acme/shop2/.github/workflows/a.yml@refs/heads/main', 'acme/shop/no-ref', undefined]) {
      assert.equal(path(other), undefined);
    }
  });

  test('refuses a token without a claim that GitHub always sets, or with one of another type', () => {
    for (const name of [
      'sub',
      'repository',
      'repository_id',
      'repository_owner_id',
      'run_id',
      'run_attempt',
      'sha',
      'event_name',
    ]) {
      for (const value of [undefined, null, '', {}, ['x'], 'a\nb', '\ud800', 'x'.repeat(2049), 1.5]) {
        assert.throws(
          () => read({ [name]: value }),
          tokenRefused('claims-incomplete'),
          `${name} ${JSON.stringify(value)}`,
        );
      }
    }
    assert.throws(() => read({ ref: { toString: 'x' } }), tokenRefused('claims-incomplete'));
  });

  test('sees a trap in the events by which outsiders bring code or text', () => {
    for (const event of [
      'pull_request_target',
      'workflow_run',
      'issue_comment',
      'issues',
      'discussion',
      'discussion_comment',
    ]) {
      assert.deepEqual(github.traps(read({ event_name: event })), [event]);
    }
    for (const event of ['push', 'pull_request', 'schedule', 'workflow_dispatch', 'release']) {
      assert.deepEqual(github.traps(read({ event_name: event })), []);
    }
  });
});

describe('GitLab', () => {
  const read = (more: object = {}) => readWorkload({ ...gitlabClaims(TIMES), ...more }, GITLAB);

  test('gives the job in the common vocabulary', () => {
    assert.deepEqual(read(), {
      issuer: 'https://gitlab.example.com',
      issuerKind: 'gitlab',
      tokenSubject: 'project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1',
      sourceRepositoryUri: 'https://gitlab.example.com/my-group/my-project',
      sourceRepositoryId: '20',
      sourceOwnerId: '72',
      trigger: 'push',
      runInvocationUri: 'https://gitlab.example.com/my-group/my-project/-/jobs/302',
      runId: '302',
      buildConfigUri: 'https://gitlab.example.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
      buildConfigDigest: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      sourceRef: 'refs/heads/feature-branch-1',
      sourceDigest: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      buildSignerUri: 'https://gitlab.example.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
      buildSignerDigest: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      runnerEnvironment: 'self-hosted',
      visibility: 'public',
      actor: 'sample-user',
      actorId: '1',
      runBinding: 'verified',
      derived: ['sourceRepositoryUri', 'runInvocationUri', 'buildConfigUri', 'buildSignerUri', 'buildSignerDigest'],
      extra: {
        project_path: 'my-group/my-project',
        job_project_id: '20',
        job_project_path: 'my-group/my-project',
        namespace_path: 'my-group',
        pipeline_id: '574',
        ref_type: 'branch',
        ref_protected: 'false',
        runner_id: '1',
      },
    });
    assert.equal(displayOf(read()), 'my-group/my-project@refs/heads/feature-branch-1');
  });

  test('reads ids as text whether they come as text or as numbers', () => {
    assert.deepEqual(read({ project_id: 20, namespace_id: 72, job_id: 302, user_id: 1, pipeline_id: 574 }), read());
  });

  test('makes the ref of a server that has no ref_path', () => {
    assert.equal(read({ ref_path: undefined }).sourceRef, 'refs/heads/feature-branch-1');
    assert.equal(read({ ref_path: undefined, ref_type: 'tag', ref: 'v1' }).sourceRef, 'refs/tags/v1');
    assert.equal('sourceRef' in read({ ref_path: undefined, ref_type: undefined }), false);
  });

  test("sees a fork's merge request, and takes any merge request for one where the server cannot tell", () => {
    assert.deepEqual(gitlab.traps(read()), []);
    assert.deepEqual(gitlab.traps(read({ project_id: '99' })), ['fork_merge_request']);
    assert.deepEqual(gitlab.traps(read({ job_project_id: 20, project_id: '20' })), []);
    const old = { job_project_id: undefined };
    assert.deepEqual(gitlab.traps(read(old)), []);
    assert.deepEqual(gitlab.traps(read({ ...old, pipeline_source: 'merge_request_event' })), ['fork_merge_request']);
  });
});

describe('a generic issuer', () => {
  const issuer = makeIssuer('https://ci.example', 'generic', {
    claims: {
      vocabulary: { sourceRepositoryId: 'repo_id', sourceRef: ['vcs', 'ref'], visibility: 'public' },
      extra: { team: 'team', pod: ['kubernetes.io', 'pod', 'uid'] },
    },
  });

  test('gives what its declaration maps, by name or by path, and nothing else', () => {
    const claims = {
      iss: 'https://ci.example',
      sub: 'job:1',
      repo_id: 74,
      vcs: { ref: 'refs/heads/main' },
      public: false,
      team: 'payments',
      'kubernetes.io': { pod: { uid: 'abc' } },
      sourceOwnerId: 'forged',
    };
    const workload = readWorkload(claims, issuer);
    assert.deepEqual(workload, {
      issuer: 'https://ci.example',
      issuerKind: 'generic',
      tokenSubject: 'job:1',
      sourceRepositoryId: '74',
      sourceRef: 'refs/heads/main',
      visibility: 'false',
      runBinding: 'asserted',
      extra: { team: 'payments', pod: 'abc' },
    });
    assert.equal(displayOf(workload), '74@refs/heads/main');
  });

  test('leaves out what a token does not have, and refuses what is no text', () => {
    assert.deepEqual(readWorkload({ sub: 'x', vcs: 'text' }, issuer).extra, {});
    assert.equal(displayOf(readWorkload({ sub: 'x' }, issuer)), 'x');
    assert.throws(() => readWorkload({ sub: 'x', repo_id: ['74'] }, issuer), tokenRefused('claims-incomplete'));
    assert.throws(() => readWorkload({ repo_id: '74' }, issuer), tokenRefused('claims-incomplete'));
  });

  test('does not read what every object has', () => {
    const odd = makeIssuer('https://ci.example', 'generic', {
      claims: { vocabulary: { sourceRepositoryId: 'constructor', actor: ['__proto__', 'x'] }, extra: {} },
    });
    const workload = readWorkload({ sub: 'x' }, odd);
    assert.deepEqual([workload.sourceRepositoryId, workload.actor], [undefined, undefined]);
  });
});
