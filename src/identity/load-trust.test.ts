import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Declared, Loaded } from '../model/declaration.ts';
import { declareTrustRule } from './declare-trust.ts';
import { loadIssuers } from './load-issuers.ts';
import { loadTrustRules } from './load-trust-rules.ts';
import { isJobRule, isPeopleRule, matchPeople } from './people-rule.ts';

/** Declared at the line that the path's length says, so that a test sees which path a problem points at. */
const declared = (value: object): Declared => ({ value, file: 'trust.yaml', line: (path) => 10 + path.length });

const ISSUER = { name: 'github', kind: 'github', issuer: 'https://token.actions.githubusercontent.com' };
const RULE = {
  name: 'shop-main',
  issuer: 'github',
  claims: { sourceRepositoryId: '74', sourceRef: 'refs/heads/main' },
  targets: ['pg-staging'],
};

const issuers = (...values: object[]) => loadIssuers(values.map(declared));
const rules = (...values: object[]) => loadTrustRules(values.map(declared), issuers(ISSUER).items);
const messages = (loaded: Loaded<unknown>) => {
  assert.deepEqual(loaded.items, []);
  return loaded.problems.map(({ line, message }) => `${line}: ${message}`);
};

describe('trust rules as they are declared', () => {
  test('become rules with the defaults filled in', () => {
    assert.deepEqual(rules(RULE), {
      items: [
        {
          name: 'shop-main',
          issuer: 'github',
          claims: { sourceRepositoryId: ['74'], sourceRef: ['refs/heads/main'] },
          allow: [],
          targets: ['pg-staging'],
          lifetimeSeconds: 900,
          renewableSeconds: 21_600,
        },
      ],
      problems: [],
    });
    const [full] = rules({
      ...RULE,
      claims: { sourceOwnerId: 9, sourceRef: ['refs/heads/*', 'refs/tags/v1'] },
      allow: ['issue_comment'],
      grant: { seconds: 60, renewableSeconds: 0 },
    }).items;
    assert.ok(full && isJobRule(full));
    assert.deepEqual(full.claims, { sourceOwnerId: ['9'], sourceRef: ['refs/heads/*', 'refs/tags/v1'] });
    assert.deepEqual([full.allow, full.lifetimeSeconds, full.renewableSeconds], [['issue_comment'], 60, 0]);
  });

  test('are refused without an immutable id', () => {
    assert.deepEqual(messages(rules({ ...RULE, claims: { sourceRef: 'refs/heads/main', actor: 'octocat' } })), [
      '11: the rule shop-main pins no immutable id',
    ]);
    assert.deepEqual(messages(rules({ ...RULE, claims: {} })), ['11: the rule shop-main pins no immutable id']);
  });

  test('are refused where they match the subject alone', () => {
    const loaded = rules({ ...RULE, claims: { tokenSubject: 'repo:acme/shop:ref:refs/heads/main' } });
    assert.deepEqual(messages(loaded), ['11: the rule shop-main matches the subject alone']);
    assert.match(loaded.problems[0]?.advice ?? '', /sourceRepositoryId or sourceOwnerId/);
  });

  test('are refused with a pattern that is not anchored, or that stands where none may', () => {
    assert.deepEqual(
      messages(rules({ ...RULE, claims: { sourceRepositoryId: '7*', sourceRef: ['refs/heads/a', '*'] } })),
      ['12: sourceRepositoryId must match exactly', '12: the pattern * is not anchored'],
    );
  });

  test('are refused with an unknown claim, issuer, event, field, name or time', () => {
    assert.deepEqual(messages(rules({ ...RULE, claims: { sourceRepositoryId: '74', repository_id: '74' } })), [
      '12: there is no claim repository_id',
    ]);
    assert.deepEqual(messages(rules({ ...RULE, issuer: 'gitlab' })), ['11: there is no issuer gitlab']);
    assert.deepEqual(messages(rules({ ...RULE, allow: ['push'] })), ['12: github has nothing called push to allow']);
    assert.equal(messages(rules({ ...RULE, claim: {} })).length, 1);
    assert.equal(messages(rules({ ...RULE, name: 'Shop Main' })).length, 1);
    assert.equal(messages(rules({ ...RULE, targets: [] })).length, 1);
    assert.equal(messages(rules({ ...RULE, grant: { seconds: 901 } })).length, 1);
    assert.equal(messages(rules({ ...RULE, claims: { sourceRepositoryId: 74.5 } })).length, 1);
    assert.deepEqual(messages(rules(RULE, RULE)), ['11: the trust rule shop-main is declared twice']);
  });
});

describe('issuers as they are declared', () => {
  const generic = { name: 'ci', kind: 'generic', issuer: 'https://ci.example' };

  test('become issuers with the defaults of their kind', () => {
    assert.deepEqual(issuers(ISSUER).items, [
      {
        name: 'github',
        kind: 'github',
        url: 'https://token.actions.githubusercontent.com',
        algorithms: ['RS256'],
        maxAgeSeconds: 600,
        maxLifetimeSeconds: 3600,
        keys: { from: 'discovery', hosts: [] },
        claims: { vocabulary: {}, extra: {} },
        demo: false,
      },
    ]);
    const [gitlab] = issuers({ name: 'gitlab', kind: 'gitlab', issuer: 'https://gitlab.com' }).items;
    assert.equal(gitlab?.maxAgeSeconds, 3600);
  });

  test('of another kind are refused on the host of a public service, and github anywhere else', () => {
    assert.deepEqual(messages(issuers({ ...generic, issuer: 'https://token.actions.githubusercontent.com' })), [
      '11: token.actions.githubusercontent.com is the host of github',
    ]);
    assert.deepEqual(messages(issuers({ ...generic, issuer: 'https://token.actions.githubusercontent.com/acme' })), [
      '11: token.actions.githubusercontent.com is the host of github',
    ]);
    assert.deepEqual(messages(issuers({ ...ISSUER, issuer: 'https://gitlab.com' })), [
      '11: gitlab.com is the host of gitlab',
    ]);
    assert.deepEqual(messages(issuers({ ...ISSUER, issuer: 'https://github.com' })), [
      '11: this is not the address of an issuer of GitHub Actions',
    ]);
    assert.deepEqual(issuers({ ...ISSUER, issuer: 'https://ghes.example/_services/token' }).problems, []);
  });

  test('speak https, or plain http on loopback where that is said', () => {
    const plain = { ...generic, issuer: 'http://127.0.0.1:8080' };
    assert.deepEqual(messages(issuers(plain)), ['11: issuer is not https']);
    assert.deepEqual(issuers({ ...plain, insecureLoopback: true }).problems, []);
    for (const issuer of ['http://10.0.0.1', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example']) {
      assert.deepEqual(messages(issuers({ ...generic, issuer, insecureLoopback: true })), ['11: issuer is not https']);
    }
    assert.deepEqual(messages(issuers({ ...generic, jwksUri: 'http://ci.example/keys' })), [
      '11: jwksUri is not https',
    ]);
    assert.deepEqual(messages(issuers({ ...generic, issuer: 'https://user:pass@ci.example' })), [
      '11: issuer holds more than an address',
    ]);
  });

  test('use asymmetric algorithms alone, and a declared key set holds public keys alone', () => {
    assert.equal(messages(issuers({ ...generic, algorithms: ['HS256'] })).length, 1);
    assert.equal(messages(issuers({ ...generic, algorithms: ['none'] })).length, 1);
    assert.deepEqual(messages(issuers({ ...generic, jwks: '{"keys":[{"kty":"oct","k":"AAAA"}]}' })), [
      '11: jwks holds a secret or private key',
    ]);
    assert.deepEqual(messages(issuers({ ...generic, jwks: '{"keys":[]}' })), ['11: jwks: the key set is empty']);
    assert.deepEqual(messages(issuers({ ...generic, jwksUri: 'https://ci.example/k', keyHosts: ['x'] })), [
      '11: jwksUri and keyHosts exclude one another',
    ]);
  });

  test('map claims only where their kind has none of its own, and rules must pin a mapped id', () => {
    assert.deepEqual(messages(issuers({ ...ISSUER, claims: { sourceRepositoryId: 'x' } })), [
      '11: the claims of github are known',
    ]);
    const mapped = { ...generic, claims: { sourceOwnerId: 'org' } };
    const rule = { ...RULE, issuer: 'ci', claims: { sourceRepositoryId: '74' } };
    assert.deepEqual(messages(loadTrustRules([declared(rule)], issuers(mapped).items)), [
      '11: the issuer ci maps no claim to sourceRepositoryId',
    ]);
    assert.deepEqual(
      loadTrustRules([declared({ ...rule, claims: { sourceOwnerId: '9' } })], issuers(mapped).items).problems,
      [],
    );
  });

  test('are declared once by name and once by address', () => {
    assert.deepEqual(messages(issuers(ISSUER, { ...ISSUER, name: 'again' })), [
      '11: https://token.actions.githubusercontent.com is declared twice',
    ]);
    assert.deepEqual(messages(issuers(ISSUER, { ...generic, name: 'github' })), [
      '11: the issuer github is declared twice',
    ]);
  });
});

describe('trust rules for people', () => {
  const OWNERS = { name: 'owners', people: { groups: ['dba'] }, targets: ['pg-staging'] };
  const load = (...values: readonly object[]) =>
    loadTrustRules(values.map(declared), loadIssuers([declared(ISSUER)]).items);

  test('are read beside those for jobs, and are declared again as they were', () => {
    const { items, problems } = load(RULE, { ...OWNERS, grant: { seconds: 60 } });
    assert.deepEqual(problems, []);
    assert.deepEqual(items[1], {
      name: 'owners',
      people: { groups: ['dba'] },
      targets: ['pg-staging'],
      lifetimeSeconds: 60,
      renewableSeconds: 21_600,
    });
    assert.deepEqual(items.map(declareTrustRule)[1], { ...OWNERS, grant: { seconds: 60 } });
  });

  test('name a group, no claims, and nothing that a rule for jobs is called', () => {
    assert.equal(load({ ...OWNERS, people: { groups: [] } }).problems.length, 1);
    assert.equal(load({ ...OWNERS, people: {} }).problems.length, 1);
    assert.equal(load({ ...OWNERS, claims: { sourceRepositoryId: '74' } }).problems.length, 1);
    assert.deepEqual(messages(load(RULE, { ...OWNERS, name: 'shop-main' })), [
      '11: the trust rule shop-main is declared twice',
    ]);
  });

  test('let whoever is in a group into the union of targets, for the shortest time', () => {
    const rules = load(OWNERS, {
      name: 'sre',
      people: { groups: ['sre', 'dba'] },
      targets: ['pg-prod', 'pg-staging'],
      grant: { seconds: 60 },
    }).items.filter(isPeopleRule);
    assert.deepEqual(matchPeople(['dba'], rules), {
      rules: ['owners', 'sre'],
      targets: ['pg-staging', 'pg-prod'],
      lifetimeSeconds: 60,
      renewableSeconds: 21_600,
    });
    assert.deepEqual(matchPeople(['sre'], rules).targets, ['pg-prod', 'pg-staging']);
    for (const groups of [[], ['DBA'], ['everyone']]) {
      assert.throws(() => matchPeople(groups, rules), /trust-denied/);
    }
  });
});
