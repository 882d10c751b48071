import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { githubClaims, gitlabClaims } from '../../../test/support/ci-claims.ts';
import { makeIssuer, tokenRefused } from '../../../test/support/token-verifier.ts';
import { jenkinsClaims, VENDOR_EXAMPLES } from '../../../test/support/vendor-claims.ts';
import { ISSUER_KINDS, type IssuerKind, type Workload } from '../../model/principal.ts';
import { claimsOf } from '../check-trust.ts';
import type { Issuer } from '../issuer.ts';
import { loadIssuers } from '../load-issuers.ts';
import { adapterFor } from './adapter-for.ts';
import { displayOf, readWorkload } from './read-workload.ts';

const TIMES = { iss: 'i', aud: 'a', nowSeconds: 1000 };
type Vendor = keyof typeof VENDOR_EXAMPLES;

/** Loaded as somebody would declare it, so that what the loader adds is there. */
function issuerOf(kind: Vendor, more: object = {}): Issuer {
  const jwks = '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k","use":"jwt-svid"}]}';
  const value = { name: kind, kind, issuer: VENDOR_EXAMPLES[kind].url, jwks, ...more };
  const { items, problems } = loadIssuers([{ value, file: 'a test', line: () => 1 }]);
  assert.deepEqual(problems, []);
  const [issuer] = items;
  assert.ok(issuer);
  return issuer;
}

function read(kind: Vendor, more: object = {}): Workload {
  return readWorkload({ ...VENDOR_EXAMPLES[kind].claims(TIMES), ...more }, issuerOf(kind));
}

/** Changes a member of a claim that is an object. */
function within(kind: Vendor, claim: string, more: object): object {
  return { [claim]: { ...(VENDOR_EXAMPLES[kind].claims(TIMES)[claim] as object), ...more } };
}

const traps = (workload: Workload) => adapterFor(workload.issuerKind).traps(workload);
const incomplete = tokenRefused('claims-incomplete');

describe('every adapter', () => {
  const example = (kind: IssuerKind): Record<string, unknown> => {
    if (kind === 'github') return githubClaims(TIMES);
    if (kind === 'gitlab') return gitlabClaims(TIMES);
    return VENDOR_EXAMPLES[kind as Vendor].claims(TIMES);
  };
  const tabled = ISSUER_KINDS.filter((kind) => adapterFor(kind).claims !== 'declared');
  const issuer = (kind: IssuerKind) =>
    kind in VENDOR_EXAMPLES ? issuerOf(kind as Vendor) : makeIssuer('https://gitlab.example', kind);

  test('knows each claim that its vendor documents, and tells one that it does not, by name', () => {
    for (const kind of tabled) {
      assert.equal(readWorkload(example(kind), issuer(kind)).unknownClaims, undefined, kind);
      const more = { shiny_new: { a: 1 }, 'bad\u0007name': 1, constructor: 'x' };
      const workload = readWorkload({ ...example(kind), ...more }, issuer(kind));
      assert.deepEqual(workload.unknownClaims, ['shiny_new', '?', 'constructor'], kind);
      assert.equal(JSON.stringify({ ...workload, unknownClaims: [] }).includes('shiny'), false);
    }
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`new_${i}`, i]));
    assert.equal(read('buildkite', many).unknownClaims?.length, 20);
  });

  test('refuses a token without a claim that it needs, or with one that is no text', () => {
    for (const kind of tabled) {
      const { claims } = adapterFor(kind);
      assert.ok(claims !== 'declared');
      const direct = Object.keys(claims.required).filter((name) => name in example(kind));
      for (const name of ['sub', ...direct]) {
        for (const value of [undefined, null, '', ['x'], 'a\nb', '\ud800', 'x'.repeat(2049), 1.5]) {
          const changed = { ...example(kind), [name]: value };
          assert.throws(() => readWorkload(changed, issuer(kind)), incomplete, `${kind} ${name} ${String(value)}`);
        }
      }
    }
  });

  test('says of each field whether it was signed or computed, and whether the token names its run', () => {
    const bindings = Object.fromEntries(
      Object.keys(VENDOR_EXAMPLES).map((kind) => [kind, read(kind as Vendor).runBinding]),
    );
    assert.deepEqual(bindings, {
      circleci: 'verified',
      buildkite: 'verified',
      bitbucket: 'verified',
      'azure-devops': 'verified',
      kubernetes: 'asserted',
      spiffe: 'asserted',
      google: 'asserted',
      aws: 'asserted',
      'hcp-terraform': 'verified',
      spacelift: 'verified',
      'cursor-cloud': 'verified',
    });
    assert.deepEqual(read('buildkite').derived, ['buildConfigUri', 'runInvocationUri', 'sourceRef']);
    assert.deepEqual(read('kubernetes').derived, ['workloadName']);
    assert.equal(read('circleci').derived?.includes('sourceRepositoryId'), false);
  });
});

test('what is called verified stands in the token to the letter', () => {
  const valuesIn = (value: unknown): readonly string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesIn) : [String(value)];
  for (const kind of Object.keys(VENDOR_EXAMPLES) as Vendor[]) {
    const { url, claims } = VENDOR_EXAMPLES[kind];
    const token = claims({ ...TIMES, iss: url });
    const values = new Set(valuesIn(token));
    for (const claim of claimsOf(readWorkload(token, issuerOf(kind)))) {
      if (claim.class === 'verified') assert.ok(values.has(claim.value), `${kind} ${claim.name} ${claim.value}`);
    }
  }
});

describe('CircleCI', () => {
  test('gives the job in the common vocabulary', () => {
    const { extra: _, ...workload } = read('circleci');
    assert.deepEqual(workload, {
      issuer: 'https://oidc.circleci.com/org/7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b',
      issuerKind: 'circleci',
      tokenSubject:
        'org/7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b/project/0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a/user/5c4b3a29-1807-4f6e-8d5c-4b3a29180f7e',
      sourceOwnerId: '7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b',
      sourceRepositoryId: '0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a',
      runId: '11111111-2222-4333-8444-555555555555',
      sourceRef: 'refs/heads/main',
      sourceRepositoryUri: 'https://github.com/acme/shop',
      buildConfigUri:
        'https://circleci.com/api/v2/projects/0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a/pipeline-definitions/33333333-4444-4555-8666-777777777777',
      buildSignerUri:
        'https://circleci.com/api/v2/projects/0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a/pipeline-definitions/33333333-4444-4555-8666-777777777777',
      runInvocationUri: 'https://app.circleci.com/pipelines/workflows/22222222-3333-4444-8555-666666666666',
      runBinding: 'verified',
      derived: ['sourceRepositoryUri', 'buildConfigUri', 'buildSignerUri', 'runInvocationUri'],
    });
  });

  test('takes a job that was run again with SSH for a person in the shell, said as boolean or as text', () => {
    const trapsOf = (value: unknown) => traps(read('circleci', { 'oidc.circleci.com/ssh-rerun': value }));
    assert.deepEqual([trapsOf(false), trapsOf('false')], [[], []]);
    for (const value of [true, 'true', 'True', 'FALSE', 1, 0])
      assert.deepEqual(trapsOf(value), ['ssh_rerun'], String(value));
    assert.throws(() => trapsOf(undefined), incomplete);
  });
});

describe('Buildkite', () => {
  test('gives ids only where they were asked for, and takes a null step and a numeric build as they are', () => {
    const workload = read('buildkite');
    assert.deepEqual(workload.extra, {
      organization_slug: 'acme-inc',
      pipeline_slug: 'super-duper-app',
      build_number: '1',
      build_branch: 'main',
      agent_id: '0184990a-4782-42b5-afc1-16715b10b8ff',
      build_id: '0184990a-4782-42b5-afc1-16715b10b8dd',
      'agent_tag:queue': 'default',
    });
    assert.equal(
      workload.runInvocationUri,
      'https://buildkite.com/acme-inc/super-duper-app/builds/1#0184990a-477b-4fa8-9968-496074483cee',
    );
    assert.equal(displayOf(workload), 'acme-inc/super-duper-app@refs/heads/main');
    const slugsAlone = read('buildkite', { organization_id: undefined, pipeline_id: undefined });
    assert.deepEqual([slugsAlone.sourceOwnerId, slugsAlone.sourceRepositoryId], [undefined, undefined]);
  });

  test('names the tag where one is built, and sees the branch of a fork', () => {
    assert.equal(read('buildkite', { build_tag: 'v1' }).sourceRef, 'refs/tags/v1');
    assert.deepEqual(traps(read('buildkite')), []);
    assert.deepEqual(traps(read('buildkite', { build_branch: 'mallory:main' })), ['fork_build']);
  });
});

describe('Bitbucket', () => {
  test('writes UUIDs without braces and in one case, and nothing else is rewritten', () => {
    const workload = read('bitbucket');
    assert.deepEqual(
      [workload.sourceRepositoryId, workload.sourceOwnerId, workload.runId, workload.environment, workload.sourceRef],
      [
        'ab12cd34-0000-4000-8000-000000000001',
        '12345678-0000-4000-8000-00000000000b',
        '3c4d5e6f-0000-4000-8000-000000000003',
        '4d5e6f70-0000-4000-8000-000000000004',
        'refs/heads/main',
      ],
    );
    assert.deepEqual(workload.derived, [
      'sourceOwnerId',
      'sourceRepositoryId',
      'runId',
      'extra.pipeline_uuid',
      'environment',
      'extra.account_uuid',
      'sourceRef',
    ]);
    assert.equal(read('bitbucket', { branchName: '{A}' }).sourceRef, 'refs/heads/{A}');
    assert.equal(read('bitbucket', { repositoryUuid: '{{x}}' }).sourceRepositoryId, '{{x}}');
  });
});

describe('Azure Pipelines', () => {
  test('marks the audience that every receiver shares, and counts for two minutes', () => {
    const issuer = issuerOf('azure-devops');
    assert.deepEqual([issuer.audience, issuer.maxAgeSeconds], ['api://AzureADTokenExchange', 120]);
    const workload = read('azure-devops');
    assert.equal(workload.extra?.['audience'], 'shared');
    assert.equal(workload.sourceRepositoryId, '6d5c4b3a-0000-4000-8000-000000000002');
    assert.equal(workload.runInvocationUri, 'https://dev.azure.com/acme/shop/_build/results?buildId=4242');
  });

  test('has no immutable id of a repository that is not its own, and belongs to one organisation', () => {
    const github = read('azure-devops', { rpo_id: 'acme/shop', rpo_uri: 'https://github.com/acme/shop' });
    assert.deepEqual([github.sourceRepositoryId, github.extra?.['rpo_id']], [undefined, 'acme/shop']);
    const other = { org_id: '99999999-1d2e-4f50-8a9b-0c1d2e3f4a5b' };
    assert.throws(() => read('azure-devops', other), incomplete);
  });

  test("sees a pull request, of which the token does not say whether it is a fork's", () => {
    assert.deepEqual(traps(read('azure-devops')), []);
    assert.deepEqual(traps(read('azure-devops', { rpo_ref: 'refs/pull/9/merge' })), ['pull_request']);
  });

  test('refuses the token of a service connection, which names no run', () => {
    assert.throws(() => read('azure-devops', { sub: 'sc://acme/shop/prod', run_id: undefined }), incomplete);
  });
});

describe('Jenkins', () => {
  const issuer = (claims: Issuer['claims']) => makeIssuer('https://jenkins.example/oidc', 'jenkins', { claims });

  test('is taken at its templates, and its run as asserted', () => {
    const plain = readWorkload(jenkinsClaims(TIMES), issuer({ vocabulary: {}, extra: {} }));
    assert.deepEqual(plain, {
      issuer: 'https://jenkins.example/oidc',
      issuerKind: 'jenkins',
      tokenSubject: 'https://jenkins.example/job/shop/job/main/',
      runId: '17',
      runBinding: 'asserted',
      derived: ['runId'],
      extra: {},
    });
    const mapped = issuer({
      vocabulary: { sourceRepositoryId: 'repo_id', runId: 'build_tag' },
      extra: { team: 'team' },
    });
    const claims = { ...jenkinsClaims(TIMES), repo_id: 74, build_tag: 'jenkins-shop-17', team: 'payments' };
    const workload = readWorkload(claims, mapped);
    assert.deepEqual(
      [workload.sourceRepositoryId, workload.runId, workload.extra, workload.runBinding],
      ['74', 'jenkins-shop-17', { team: 'payments' }, 'asserted'],
    );
  });
});

describe('Kubernetes', () => {
  const io = (more: object) => within('kubernetes', 'kubernetes.io', more);

  test('names the account by its uid and the pod beside it', () => {
    const workload = read('kubernetes');
    assert.deepEqual(
      [workload.workloadId, workload.workloadName, workload.runId],
      ['e6a8680e-d103-4cce-80ea-03acbbeacf7d', 'ci/agent', undefined],
    );
    assert.deepEqual(workload.extra, {
      namespace: 'ci',
      service_account: 'agent',
      pod: 'agent-7x2',
      pod_uid: '0d8b260e-ef0e-45fb-be8e-ff44f97722e8',
      node: 'worker-1',
      node_uid: '517eb86e-b863-451b-bf70-86cb61439a3a',
    });
    assert.equal(displayOf(workload), 'ci/agent');
  });

  test('refuses the old tokens of secrets, which are flat and name no uid where it belongs', () => {
    assert.throws(() => read('kubernetes', { 'kubernetes.io': undefined }), incomplete);
    assert.throws(() => read('kubernetes', io({ serviceaccount: { name: 'agent' } })), incomplete);
    assert.throws(() => read('kubernetes', { 'kubernetes.io': 'x' }), incomplete);
    const flat = {
      'kubernetes.io': undefined,
      'kubernetes.io/serviceaccount/uid': 'forged',
      'kubernetes.io/namespace': 'ci',
    };
    assert.throws(() => read('kubernetes', flat), incomplete);
    const beside = read('kubernetes', { 'kubernetes.io/serviceaccount/uid': 'forged' });
    assert.equal(beside.workloadId, 'e6a8680e-d103-4cce-80ea-03acbbeacf7d');
    assert.deepEqual(beside.unknownClaims, ['top level kubernetes.io/serviceaccount/uid']);
  });
});

describe('SPIFFE', () => {
  test('takes the SPIFFE ID for the identity, within its own trust domain alone', () => {
    assert.deepEqual(
      [read('spiffe').workloadId, read('spiffe').derived],
      ['spiffe://prod.example/ci/agent', ['workloadId', 'issuer']],
    );
    for (const sub of [
      'spiffe://other.example/ci/agent',
      'spiffe://prod.example.evil/ci/agent',
      'spiffe://prod.example/ci/../admin',
      'spiffe://prod.example/ci//agent',
      'spiffe://prod.example/ci/agent?x',
      'spiffe://user@prod.example/ci',
      'spiffe://prod.example:8080/ci',
      'SPIFFE://prod.example/ci',
      'https://prod.example/ci',
    ]) {
      assert.throws(() => read('spiffe', { sub }), incomplete, sub);
    }
  });
});

describe('Google', () => {
  test('names the account by its unique id and the machine beside it', () => {
    const workload = read('google');
    assert.deepEqual(
      [workload.workloadId, workload.workloadName, workload.extra?.['instance_id'], workload.extra?.['project_number']],
      ['112179062720391305885', 'agent@acme-ci.iam.gserviceaccount.com', '4570452845155348778', '1071284184436'],
    );
  });

  test('refuses the token of a person, who has one of the same issuer, and an address that nobody verified', () => {
    assert.throws(() => read('google', { azp: '32555940559.apps.googleusercontent.com' }), incomplete);
    assert.throws(() => read('google', { azp: undefined }), incomplete);
    for (const value of [false, undefined, 'no'])
      assert.throws(() => read('google', { email_verified: value }), incomplete);
    assert.equal(read('google', { email: undefined, email_verified: undefined }).workloadName, undefined);
  });
});

describe('AWS', () => {
  const sts = (more: object) => within('aws', 'https://sts.amazonaws.com/', more);

  test('reads no tag and no source identity, which callers choose', () => {
    const workload = read(
      'aws',
      sts({ source_identity: 'octavia', request_tags: { aws_account: '999999999999', sourceOwnerId: '1' } }),
    );
    assert.deepEqual(workload.extra, {
      source_region: 'us-east-1',
      org_id: 'o-abc1234567',
      ou_path: 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/',
      lambda_source_function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:process-data',
    });
    assert.equal(workload.sourceOwnerId, '123456789012');
    assert.equal(workload.unknownClaims, undefined);
    for (const word of ['job-2024-001', 'cost-center', 'octavia'])
      assert.equal(JSON.stringify(workload).includes(word), false);
  });

  test('takes a role or user of the very account, in any partition', () => {
    assert.equal(read('aws').workloadName, 'arn:aws:iam::123456789012:role/DataProcessingRole');
    read('aws', { sub: 'arn:aws-us-gov:iam::123456789012:role/ci/Agent' });
    for (const sub of [
      'arn:aws:iam::999999999999:role/DataProcessingRole',
      'arn:aws:iam::123456789012:root',
      'arn:aws:sts::123456789012:assumed-role/X/y',
      '123456789012',
    ]) {
      assert.throws(() => read('aws', { sub }), incomplete, sub);
    }
  });
});

describe('HCP Terraform', () => {
  test('names the workspace and the run, and sees a plan, which may be of anybody', () => {
    const workload = read('hcp-terraform');
    assert.deepEqual(
      [workload.sourceOwnerId, workload.workloadId, workload.runId, workload.runInvocationUri],
      [
        'org-GRNbCjYNpBB6NEBH',
        'ws-mbsd5E3Ktt5Rg2Xm',
        'run-X3n1AUXNGWbfECsJ',
        'https://app.terraform.io/app/acme/workspaces/shop/runs/run-X3n1AUXNGWbfECsJ',
      ],
    );
    assert.deepEqual(traps(workload), []);
    for (const phase of ['plan', 'Apply', 'test']) {
      assert.deepEqual(traps(read('hcp-terraform', { terraform_run_phase: phase })), ['plan']);
    }
  });
});

describe('Spacelift', () => {
  test('tells two spaces of one slug apart by the stack alone', () => {
    const [left, right] = [read('spacelift'), read('spacelift', { callerId: 'billing' })];
    assert.deepEqual([left.extra?.['space'], left.tokenSubject], [right.extra?.['space'], right.tokenSubject]);
    assert.deepEqual([left.workloadName, right.workloadName], ['stack/infra', 'stack/billing']);
  });

  test('is for the host of the account, which every receiver shares, and says so', () => {
    assert.equal(issuerOf('spacelift').audience, 'acme.app.spacelift.io');
    assert.equal(read('spacelift').extra?.['audience'], 'shared');
  });

  test('sees a run of what a pull request brought', () => {
    assert.deepEqual(traps(read('spacelift')), []);
    assert.deepEqual(traps(read('spacelift', { runType: 'PROPOSED' })), ['proposed']);
    assert.deepEqual(traps(read('spacelift', { runType: 'TESTING' })), ['proposed']);
  });
});

describe('Cursor', () => {
  test("names the agent's run, its owner whatever the subject was projected to, and no ref", () => {
    const workload = read('cursor-cloud', { sub: 'team_id:123' });
    assert.deepEqual(
      [workload.runId, workload.runAttempt, workload.sourceOwnerId, workload.workloadId, workload.actor],
      ['bc-1f2e3d4c', 'turn-9', '123', 'user:4711', 'octavia@acme.example'],
    );
    assert.deepEqual([workload.sourceRef, workload.extra?.['branch_name']], [undefined, 'main']);
    const account = { owner_service_account_id: 'sa-1', owner_user_id: undefined };
    assert.equal(read('cursor-cloud', account).workloadId, 'service_account:sa-1');
  });

  test('names a repository only where it is the only one of a set that is known whole', () => {
    assert.equal(read('cursor-cloud').sourceRepositoryUri, 'https://github.com/acme/shop');
    assert.deepEqual(traps(read('cursor-cloud')), []);
    const several = read('cursor-cloud', { repo_count: 2, repo_urls: ['github.com/acme/shop', 'github.com/acme/x'] });
    assert.deepEqual([several.sourceRepositoryUri, traps(several)], [undefined, ['several_repositories']]);
    const unknown = read('cursor-cloud', { repo_count: undefined, repo_urls: undefined });
    assert.deepEqual([unknown.sourceRepositoryUri, traps(unknown)], [undefined, ['repositories_unknown']]);
  });
});

describe('claims of any content', () => {
  const HOSTILE: readonly unknown[] = [
    {},
    [],
    [[]],
    { a: { b: { c: {} } } },
    JSON.parse('{"__proto__":{"polluted":1}}'),
    '__proto__',
    '\u202egnp',
    '../../etc/passwd',
    'javascript:alert(1)',
    '%',
    '{',
    '@',
    ':',
    'x'.repeat(2048),
    -0,
    2 ** 53,
    Number.MAX_SAFE_INTEGER,
    true,
    null,
    '',
  ];

  test('give a workload of plain texts, or are refused as incomplete, whichever claim it is', () => {
    const isPlain = (value: unknown): boolean =>
      typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
    for (const kind of Object.keys(VENDOR_EXAMPLES) as Vendor[]) {
      const claims = VENDOR_EXAMPLES[kind].claims(TIMES);
      const issuer = issuerOf(kind);
      const objects = Object.entries(claims).filter(([, value]) => typeof value === 'object' && value !== null);
      const changes = Object.keys(claims).flatMap((name) => HOSTILE.map((value) => ({ [name]: value })));
      const inner = objects.flatMap(([name, object]) =>
        Object.keys(object as object).flatMap((member) =>
          HOSTILE.map((value) => within(kind, name, { [member]: value })),
        ),
      );
      for (const change of [...changes, ...inner]) {
        try {
          const { extra = {}, ...workload } = readWorkload({ ...claims, ...change }, issuer);
          assert.ok(Object.values(workload).every(isPlain), `${kind} ${JSON.stringify(change)}`);
          assert.ok(Object.values(extra).every((value) => typeof value === 'string'));
          displayOf({ ...workload, extra });
          traps({ ...workload, extra });
        } catch (error) {
          incomplete(error);
        }
      }
    }
    assert.equal('polluted' in {}, false);
  });
});
