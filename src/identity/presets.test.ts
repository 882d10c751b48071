import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VENDOR_EXAMPLES } from '../../test/support/vendor-claims.ts';
import type { Declared } from '../model/declaration.ts';
import { ISSUER_KINDS, WORKLOAD_FIELDS } from '../model/principal.ts';
import { ADAPTERS } from './adapters/adapter-for.ts';
import { readWorkload } from './adapters/read-workload.ts';
import { declareTrustRule } from './declare-trust.ts';
import { loadIssuers } from './load-issuers.ts';
import { loadTrustRules } from './load-trust-rules.ts';
import { isJobRule } from './people-rule.ts';
import { PRESETS } from './presets.ts';
import { considerTrust } from './trust-rule.ts';

const declared = (value: object): Declared => ({ value, file: 'trust.yaml', line: (path) => 10 + path.length });
const JWKS = '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"k"}]}';
const ORG = '7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b';

const ISSUERS = loadIssuers(
  [
    { name: 'github', kind: 'github' },
    { name: 'gitlab', kind: 'gitlab' },
    { name: 'jenkins', kind: 'jenkins', issuer: 'https://jenkins.example/oidc' },
    ...Object.entries(VENDOR_EXAMPLES).map(([kind, { url }]) => ({
      name: kind,
      kind,
      issuer: url,
      ...(kind === 'spiffe' ? { jwks: JWKS } : {}),
    })),
  ].map(declared),
).items;

const load = (rule: object) => loadTrustRules([declared({ name: 'a', targets: ['db'], ...rule })], ISSUERS);

function long(rule: object): object {
  const { items, problems } = load(rule);
  assert.deepEqual(problems, []);
  const [item] = items;
  assert.ok(item && isJobRule(item));
  const { name: _, targets: __, lifetimeSeconds: ___, renewableSeconds: ____, ...rest } = item;
  return rest;
}

function problems(rule: object): readonly string[] {
  const loaded = load(rule);
  assert.deepEqual(loaded.items, []);
  return loaded.problems.map(({ line, message, advice }) => `${line}: ${message}. ${advice}`);
}

describe('a rule in the short form', () => {
  test('becomes the long form, in which the name decides nothing', () => {
    assert.deepEqual(
      long({
        preset: 'github',
        repository: 'acme/shop',
        repositoryId: 74,
        branches: ['main', 'release-*'],
        tags: 'v*',
        environment: 'production',
        events: ['push', 'schedule'],
        workflow: '.github/workflows/agent.yml',
        claims: { 'extra.ref_protected': 'true' },
        allow: ['issues'],
      }),
      {
        issuer: 'github',
        about: 'acme/shop',
        claims: {
          'extra.ref_protected': ['true'],
          sourceRepositoryId: ['74'],
          sourceRef: ['refs/heads/main', 'refs/heads/release-*', 'refs/tags/v*'],
          environment: ['production'],
          trigger: ['push', 'schedule'],
          'extra.workflow_path': ['.github/workflows/agent.yml'],
        },
        allow: ['issues'],
      },
    );
  });

  test('is shown in the long form, which loads as the same', () => {
    const loaded = load({ preset: 'gitlab', project: 'acme/shop', projectId: 20, branches: 'main', protected: true });
    const [rule] = loaded.items;
    assert.ok(rule);
    const shown = declareTrustRule(rule);
    assert.deepEqual(shown, {
      name: 'a',
      issuer: 'gitlab',
      about: 'acme/shop',
      claims: { sourceRepositoryId: '20', sourceRef: 'refs/heads/main', 'extra.ref_protected': 'true' },
      targets: ['db'],
    });
    assert.deepEqual(loadTrustRules([declared(shown)], ISSUERS).items, loaded.items);
  });

  test('of each kind lets its documented job in, and no other of its kind', () => {
    const rules: Record<keyof typeof VENDOR_EXAMPLES, readonly [own: object, other: object]> = {
      circleci: [
        { projectId: '0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a', origin: 'github.com/acme/shop', branches: 'main' },
        { 'oidc.circleci.com/vcs-origin': 'github.com/mallory/shop' },
      ],
      buildkite: [{ pipelineId: '0184990a-4782-42b5-afc1-16715b10b1l0', branches: 'main' }, { pipeline_id: undefined }],
      bitbucket: [
        {
          repositoryUuid: '{ab12cd34-0000-4000-8000-000000000001}',
          environmentUuid: '4D5E6F70-0000-4000-8000-000000000004',
        },
        { repositoryUuid: '{ab12cd34-0000-4000-8000-000000000009}' },
      ],
      'azure-devops': [{ projectId: '0D9C8B7A-6F5E-4D3C-9B2A-1F0E9D8C7B6A', pipelineId: 17 }, { def_id: '18' }],
      kubernetes: [
        { serviceAccount: 'ci/agent', serviceAccountUid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d', namespace: 'ci' },
        { 'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'agent', uid: 'another' } } },
      ],
      spiffe: [{ id: 'spiffe://prod.example/ci/agent' }, { sub: 'spiffe://prod.example/ci/agent2' }],
      google: [{ serviceAccountId: '112179062720391305885' }, { sub: '1', azp: '1' }],
      aws: [
        { accountId: '123456789012', role: 'arn:aws:iam::123456789012:role/DataProcessingRole' },
        { sub: 'arn:aws:iam::123456789012:role/Other' },
      ],
      'hcp-terraform': [{ workspaceId: 'ws-mbsd5E3Ktt5Rg2Xm', phase: 'apply' }, { terraform_workspace_id: 'ws-other' }],
      spacelift: [{ stack: 'infra', allow: ['mutable_identity'] }, { callerType: 'module' }],
      'cursor-cloud': [
        { teamId: 123, repository: 'github.com/acme/shop', runtime: 'managed' },
        { agent_runtime: 'self_hosted' },
      ],
    };
    for (const [kind, [own, other]] of Object.entries(rules)) {
      const { items, problems: found } = load({ preset: kind, ...own });
      assert.deepEqual(found, [], kind);
      const issuer = ISSUERS.find((one) => one.kind === kind);
      const example = VENDOR_EXAMPLES[kind as keyof typeof VENDOR_EXAMPLES];
      assert.ok(issuer);
      const consider = (more: object) => {
        const claims = { ...example.claims({ iss: example.url, aud: 'a', nowSeconds: 1 }), ...more };
        const subject = { workload: readWorkload(claims, issuer), issuer: kind };
        return considerTrust(
          subject,
          items.filter((rule) => isJobRule(rule)),
        )[0];
      };
      assert.deepEqual(consider({}), { name: 'a', matches: true }, kind);
      assert.equal(consider(other)?.matches, false, kind);
    }
  });

  test('says how to get an id that the token does not have', () => {
    const { items } = load({ preset: 'buildkite', pipelineId: 'x' });
    const issuer = ISSUERS.find(({ kind }) => kind === 'buildkite');
    assert.ok(issuer);
    const { claims, url } = VENDOR_EXAMPLES.buildkite;
    const workload = readWorkload({ ...claims({ iss: url, aud: 'a', nowSeconds: 1 }), pipeline_id: undefined }, issuer);
    const [considered] = considerTrust(
      { workload, issuer: 'buildkite' },
      items.filter((rule) => isJobRule(rule)),
    );
    assert.equal(
      considered?.why,
      'sourceRepositoryId is absent, not "x" (request the token with --claim organization_id,pipeline_id)',
    );
  });
});

test('a rule whose ids match what is called otherwise now says so, where the token says what it is called', () => {
  const considered = (kind: keyof typeof VENDOR_EXAMPLES, rule: object) => {
    const { items } = load({ preset: kind, ...rule });
    const issuer = ISSUERS.find((one) => one.kind === kind);
    assert.ok(issuer);
    const { claims, url } = VENDOR_EXAMPLES[kind];
    const workload = readWorkload(claims({ iss: url, aud: 'a', nowSeconds: 1 }), issuer);
    return considerTrust(
      { workload, issuer: kind },
      items.filter((one) => isJobRule(one)),
    )[0];
  };
  const uid = { serviceAccountUid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' };
  assert.equal(considered('kubernetes', { ...uid, serviceAccount: 'CI/agent' })?.note, undefined);
  assert.equal(
    considered('kubernetes', { ...uid, serviceAccount: 'ci/old' })?.note,
    'the rule calls it ci/old, and it is ci/agent now',
  );
  const pipeline = { pipelineId: '0184990a-4782-42b5-afc1-16715b10b1l0' };
  assert.equal(
    considered('buildkite', { ...pipeline, pipeline: 'acme/old' })?.note,
    'the rule calls it acme/old, and it is acme-inc/super-duper-app now',
  );
  // Nothing in the token says what a team is called.
  assert.deepEqual(considered('cursor-cloud', { teamId: 123, team: 'acme' }), { name: 'a', matches: true });
});

describe('what a short form is refused for', () => {
  test('a name without its id, with the way to find the id', () => {
    assert.deepEqual(problems({ preset: 'github', repository: 'acme/shop', branches: 'main' }), [
      '11: the rule a pins no id, and names can be given to others. Add repositoryId or ownerId. `gh api repos/acme/shop --jq .id` prints it.',
    ]);
    assert.deepEqual(problems({ preset: 'kubernetes', serviceAccount: 'ci/agent' }), [
      '11: the rule a pins no id, and names can be given to others. Add serviceAccountUid. `kubectl -n ci get serviceaccount agent -o jsonpath={.metadata.uid}` prints it.',
    ]);
  });

  test('what its kind needs besides, or the waiver of it by name', () => {
    const circleci = { preset: 'circleci', projectId: 'p' };
    assert.match(
      problems(circleci)[0] ?? '',
      /does not pin sourceRepositoryUri or extra\.vcs_origin.*a build of a fork/,
    );
    long({ ...circleci, allow: ['any_vcs_origin'] });
    assert.match(
      problems({ preset: 'aws', accountId: '1' })[0] ?? '',
      /does not pin workloadName.*any_role.*every role/,
    );
    const spacelift = { preset: 'spacelift', stack: 'infra' };
    assert.match(problems(spacelift)[0] ?? '', /pins no immutable id.*`allow: \[mutable_identity\]` and workloadName/);
    assert.match(
      problems({ preset: 'spacelift', space: 'us-east-1', allow: ['mutable_identity'] })[0] ?? '',
      /pins no id/,
    );
    assert.match(problems({ preset: 'jenkins', job: 'https://j/job/x/' })[0] ?? '', /matches the subject alone/);
    long({ preset: 'jenkins', job: 'https://j/job/x/', allow: ['mutable_identity'] });
  });

  test('refs in the place of names, a pattern that is no name, and a claim that is written twice', () => {
    const github = { preset: 'github', repositoryId: 74 };
    assert.deepEqual(problems({ ...github, branches: 'refs/heads/main' }), [
      '11: branches takes names, not refs. Write `main`; other refs go to claims.',
    ]);
    assert.match(problems({ ...github, branches: '**' })[0] ?? '', /^11: sourceRef holds `\*\*`/);
    assert.match(problems({ ...github, repositoryId: '7*' })[0] ?? '', /^11: sourceRepositoryId must match exactly/);
    assert.deepEqual(problems({ ...github, branches: 'main', claims: { sourceRef: 'refs/heads/x' } }), [
      '12: sourceRef stands in the rule as branches already. Write it once.',
    ]);
  });

  test('a preset, a field or an issuer that there is not', () => {
    assert.match(problems({ preset: 'generic' })[0] ?? '', /^11: there is no such preset. Use one of github, gitlab, /);
    assert.match(
      problems({ preset: 'github', repositoryId: 74, project: 'x' })[0] ?? '',
      /Unrecognized key: "project"/,
    );
    assert.match(
      problems({ preset: 'github', repositoryId: 74, issuer: 'gitlab' })[0] ?? '',
      /of kind gitlab\. Write `preset: gitlab`/,
    );
    const { problems: none } = loadTrustRules(
      [declared({ name: 'a', preset: 'aws', accountId: '1', targets: ['x'] })],
      [],
    );
    assert.match(
      `${none[0]?.message} ${none[0]?.advice}`,
      /no issuer of kind aws Declare one under `issuers:`: \{name: aws, kind: aws, issuer: /,
    );
    const two = loadIssuers(
      ['https://github.a/_services/token', 'https://github.b/_services/token'].map((issuer, i) =>
        declared({ name: `g${i}`, kind: 'github', issuer }),
      ),
    ).items;
    const several = loadTrustRules([declared({ name: 'a', preset: 'github', repositoryId: 1, targets: ['x'] })], two);
    assert.match(several.problems[0]?.advice ?? '', /one of g0, g1/);
  });
});

test('every preset speaks of claims that there are, and pins what its adapter asks for', () => {
  for (const kind of ISSUER_KINDS) {
    const preset = PRESETS[kind];
    if (preset === undefined) {
      assert.equal(kind, 'generic');
      continue;
    }
    const { pins, claims } = ADAPTERS[kind];
    for (const { claim } of Object.values(preset.fields)) {
      assert.ok(
        claim === undefined || claim.startsWith('extra.') || WORKLOAD_FIELDS.some((name) => name === claim),
        claim,
      );
      if (claims === 'declared' || claim?.startsWith('extra.') !== true || claim === 'extra.workflow_path') continue;
      const words = [...Object.values(claims.required), ...Object.values(claims.optional)];
      assert.ok(
        words.some((word) => word === claim),
        `${kind} ${claim}`,
      );
    }
    const pinnable = new Set(pins.flatMap(({ fields, waiver }) => [...fields, ...(waiver?.fields ?? [])]));
    for (const id of preset.ids) assert.ok(pinnable.has(preset.fields[id]?.claim ?? ''), `${kind} ${id}`);
  }
});

describe('the address of an issuer', () => {
  const address = (kind: string, issuer: string, more: object = {}) =>
    loadIssuers([declared({ name: 'i', kind, issuer, ...more })]).problems.map(({ message }) => message)[0];

  test('has the shape of its kind', () => {
    const good: readonly (readonly [string, string])[] = [
      ['github', 'https://token.actions.githubusercontent.com/acme'],
      ['github', 'https://token.actions.acme.ghe.com'],
      ['gitlab', 'https://gitlab.acme.example/git'],
      ['circleci', 'https://oidc.circleci.com'],
      ['circleci', `https://circleci.acme.example/org/${ORG}`],
      ['hcp-terraform', 'https://tfe.acme.example'],
      ['hcp-terraform', 'https://app.eu.terraform.io'],
      ['kubernetes', 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF'],
      ['kubernetes', 'https://container.googleapis.com/v1/projects/p/locations/l/clusters/c'],
      ['aws', 'https://abc.tokens.sts.global.api.aws'],
    ];
    for (const [kind, issuer] of good) assert.equal(address(kind, issuer), undefined, issuer);
    const bad: readonly (readonly [string, string])[] = [
      ['github', 'https://token.actions.githubusercontent.com/'],
      ['github', 'https://token.actions.githubusercontent.com/a/b'],
      ['github', 'https://token.actions.githubusercontent.com.evil.example'],
      ['circleci', 'https://oidc.circleci.com/org/acme'],
      ['buildkite', 'https://buildkite.acme.example'],
      ['buildkite', 'https://agent.buildkite.com/'],
      ['bitbucket', 'https://api.bitbucket.org/2.0/workspaces/a/b/pipelines-config/identity/oidc'],
      ['azure-devops', 'https://vstoken.dev.azure.com/acme'],
      ['google', 'https://accounts.google.com.evil.example'],
      ['aws', 'https://sts.amazonaws.com'],
      ['cursor-cloud', 'https://api2.cursor.sh/cloud-agent/identity'],
      ['spiffe', 'spiffe://Prod.example/x'],
    ];
    for (const [kind, issuer] of bad)
      assert.match(address(kind, issuer) ?? '', /is not the address|holds more/, issuer);
  });

  test('of one kind on the host of another is refused, in each region and for each tenant', () => {
    const hosts: readonly (readonly [string, string])[] = [
      ['generic', 'https://abc.tokens.sts.global.api.aws'],
      ['gitlab', 'https://token.actions.acme.ghe.com'],
      ['kubernetes', 'https://accounts.google.com'],
      ['jenkins', 'https://agent.buildkite.com'],
      ['generic', 'https://oidc.eks.us-east-1.amazonaws.com/id/1'],
      ['generic', 'https://acme.app.spacelift.io'],
      ['generic', 'https://app.terraform.io'],
      ['jenkins', 'https://eastus.oic.prod-aks.azure.com/t/c/'],
      ['generic', 'https://api.cursor.com'],
      ['generic', `https://oidc.circleci.com/org/${ORG}`],
      ['generic', `https://vstoken.dev.azure.com/${ORG}`],
    ];
    for (const [kind, issuer] of hosts) assert.match(address(kind, issuer) ?? '', / is the host of [a-z-]+$/, issuer);
  });

  test('may be left out where its kind has one, and is asked for where it has not', () => {
    const urls = ['github', 'gitlab', 'buildkite', 'google', 'hcp-terraform', 'cursor-cloud'].map(
      (kind) => loadIssuers([declared({ name: 'i', kind })]).items[0]?.url,
    );
    assert.deepEqual(urls, [
      'https://token.actions.githubusercontent.com',
      'https://gitlab.com',
      'https://agent.buildkite.com',
      'https://accounts.google.com',
      'https://app.terraform.io',
      'https://api.cursor.com',
    ]);
    for (const kind of ['circleci', 'aws', 'jenkins', 'generic', 'spiffe']) {
      assert.equal(loadIssuers([declared({ name: 'i', kind })]).problems[0]?.message, 'issuer is missing');
    }
    const [google] = loadIssuers([declared({ name: 'i', kind: 'google' })]).items;
    assert.deepEqual(google?.keys, { from: 'discovery', hosts: ['www.googleapis.com'] });
  });

  test('of a trust domain comes with a bundle, and fields of one kind stand with no other', () => {
    assert.equal(address('spiffe', 'spiffe://prod.example'), 'a trust domain has no discovery document');
    assert.equal(address('spiffe', 'https://oidc.prod.example'), 'the trust domain is missing');
    assert.equal(address('spiffe', 'https://oidc.prod.example', { trustDomain: 'prod.example' }), undefined);
    const twice = { trustDomain: 'prod.example', jwks: JWKS };
    assert.equal(address('spiffe', 'spiffe://prod.example', twice), 'the issuer names the trust domain already');
    assert.equal(address('gitlab', 'https://gitlab.com', { trustDomain: 'x' }), 'trustDomain is for kind spiffe');
    const review = { tokenReview: { server: 'https://k8s.example', tokenFile: '/run/token' } };
    assert.equal(address('gitlab', 'https://gitlab.com', review), 'tokenReview is for kind kubernetes');
    const old = { maxAgeSeconds: 600 };
    assert.match(
      address('azure-devops', `https://vstoken.dev.azure.com/${ORG}`, old) ?? '',
      /for every receiver alike/,
    );
    assert.match(address('gitlab', 'spiffe://prod.example') ?? '', /issuer is not https/);
  });
});
