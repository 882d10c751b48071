import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { AUDIENCE, makeIssuer, NOW_SECONDS } from '../../test/support/token-verifier.ts';
import { VENDOR_EXAMPLES } from '../../test/support/vendor-claims.ts';
import { Fault } from '../model/fault.ts';
import type { TargetName } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import { checkTrust } from './check-trust.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { makeTokenVerifier } from './token-verifier.ts';
import type { TrustRule } from './trust-rule.ts';

const NEVER = new AbortController().signal;
type Vendor = keyof typeof VENDOR_EXAMPLES;

let source: TokenIssuer;
before(async () => void (source = await startTokenIssuer()));
after(() => source.close());

const rule = (name: string, more: Partial<TrustRule> = {}): TrustRule => ({
  name,
  issuer: 'hcp-terraform',
  claims: { workloadId: ['ws-mbsd5E3Ktt5Rg2Xm'] },
  allow: [],
  targets: [`db-${name}` as TargetName],
  lifetimeSeconds: 60,
  renewableSeconds: 60,
  ...more,
});

interface Parts {
  readonly archive?: () => Promise<void>;
  readonly wasUsed?: (replayKey: string) => Promise<boolean>;
}

async function check(kind: Vendor, rules: readonly TrustRule[], more: object = {}, parts: Parts = {}) {
  const { archive = () => Promise.resolve(), wasUsed } = parts;
  const issuer = makeIssuer(source.url, kind);
  const keys = new IssuerKeys({ now: () => NOW_SECONDS * 1000, archive });
  const now = () => NOW_SECONDS * 1000;
  const { verify } = makeTokenVerifier({ issuers: () => [issuer], audience: AUDIENCE, keys, now });
  const { claims } = VENDOR_EXAMPLES[kind];
  const token = await source.sign({
    ...claims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_SECONDS }),
    ...more,
  });
  return checkTrust(new Secret(token), { verify, rules, ...(wasUsed ? { wasUsed } : {}) }, NEVER);
}

test('a trap is named with the rule that does not allow it, and the rule that does lets in', async () => {
  const rules = [rule('strict'), rule('plans', { allow: ['plan'] })];
  const report = await check('hcp-terraform', rules, { terraform_run_phase: 'plan' });
  assert.deepEqual(report.steps.slice(-3, -1), [
    { name: 'traps', outcome: 'passed', detail: 'a rule must allow plan by name; the token names its run' },
    { name: 'rules', outcome: 'passed', detail: 'plans' },
  ]);
  assert.deepEqual(report.rules, [
    { name: 'strict', matches: false, why: 'plan is not allowed by name' },
    { name: 'plans', matches: true },
  ]);
  assert.deepEqual([report.ok, report.targets], [true, ['db-plans']]);
});

test('a token that names no run says so, and without rules nobody is let in', async () => {
  const report = await check('kubernetes', []);
  assert.deepEqual(report.steps.slice(-3, -1), [
    { name: 'traps', outcome: 'passed', detail: 'none; the token names no run: that it is this one is asserted' },
    { name: 'rules', outcome: 'failed', detail: 'There are no trust rules.' },
  ]);
  assert.equal(report.problem, 'There are no trust rules.');
  assert.deepEqual(
    report.claims.filter(({ class: kind }) => kind === 'derived').map(({ name }) => name),
    ['workloadName', 'issuerKind', 'runBinding'],
  );
});

test('a step that fails has the reason of the refusal, and each later one is shown as not tried', async () => {
  const report = await check('hcp-terraform', [rule('a')], { terraform_run_id: 4.5 });
  assert.deepEqual([report.reason, report.ok, report.claims], ['claims-incomplete', false, []]);
  assert.deepEqual(report.steps.slice(-4, -1), [
    { name: 'claims', outcome: 'failed', detail: 'terraform_run_id is neither text nor a number' },
    { name: 'traps', outcome: 'skipped', detail: '' },
    { name: 'rules', outcome: 'skipped', detail: '' },
  ]);
});

test('a token that was exchanged before is said so, and that nobody here knows where nobody does', async () => {
  const used = await check('hcp-terraform', [rule('a')], {}, { wasUsed: () => Promise.resolve(true) });
  assert.deepEqual(used.steps.at(-1), { name: 'use', outcome: 'failed', detail: 'it was exchanged before' });
  assert.deepEqual(
    [used.ok, used.problem],
    [false, 'It was exchanged before, and each token is good for one exchange. Fetch a fresh one.'],
  );
  const fresh = await check('hcp-terraform', [rule('a')], {}, { wasUsed: () => Promise.resolve(false) });
  assert.deepEqual([fresh.ok, fresh.steps.at(-1)?.outcome], [true, 'passed']);
  const offline = await check('hcp-terraform', [rule('a')]);
  assert.deepEqual([offline.ok, offline.steps.at(-1)?.outcome], [true, 'skipped']);
});

test('a fault of ours is no answer about the token', async () => {
  const broken = () => Promise.reject(new Fault('store-unavailable', 'the store is away'));
  await assert.rejects(check('hcp-terraform', [], {}, { archive: broken }), { code: 'store-unavailable' });
});
