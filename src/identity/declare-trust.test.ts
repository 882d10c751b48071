import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Declared } from '../model/declaration.ts';
import { declareIssuer, declareTrustRule } from './declare-trust.ts';
import { loadIssuers } from './load-issuers.ts';
import { loadTrustRules } from './load-trust-rules.ts';

const declared = (value: unknown): Declared => ({ value, file: 'a test', line: () => 1 });

const ISSUERS = [
  { name: 'gh', kind: 'github', issuer: 'https://token.actions.githubusercontent.com' },
  { name: 'gl', kind: 'gitlab', issuer: 'https://gitlab.example', maxAgeSeconds: 60, keyHosts: ['keys.example'] },
  {
    name: 'own',
    kind: 'generic',
    issuer: 'http://127.0.0.1:8080/ci',
    insecureLoopback: true,
    algorithms: ['ES256'],
    maxLifetimeSeconds: 120,
    jwksUri: 'https://keys.example/jwks',
    claims: { sourceRepositoryId: 'repo_id', actor: ['user', 'login'] },
    extra: { team: 'team' },
  },
];

test('an issuer is shown as somebody would declare it, and its loader makes the same of that', () => {
  for (const issuer of ISSUERS) {
    const [loaded] = loadIssuers([declared(issuer)]).items;
    assert.ok(loaded, issuer.name);
    const shown = declareIssuer(loaded);
    assert.deepEqual(shown, issuer);
    assert.deepEqual(loadIssuers([declared(shown)]).items, [loaded]);
  }
});

test('a trust rule is shown as somebody would declare it, and its loader makes the same of that', () => {
  const issuers = loadIssuers(ISSUERS.map(declared)).items;
  const rules = [
    { name: 'a', issuer: 'gh', claims: { sourceRepositoryId: '74' }, targets: ['shop'] },
    {
      name: 'b',
      issuer: 'gh',
      claims: { sourceRepositoryId: ['74', '75'], sourceRef: 'refs/heads/main' },
      allow: ['pull_request_target'],
      targets: ['shop', 'stock'],
      grant: { seconds: 60, renewableSeconds: 0 },
    },
  ];
  for (const rule of rules) {
    const [loaded] = loadTrustRules([declared(rule)], issuers).items;
    assert.ok(loaded, rule.name);
    assert.deepEqual(declareTrustRule(loaded), rule);
  }
});
