import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey } from './api-key.ts';
import { assertFindsEach, assertFindsNothing } from './found.ts';
import { VENDOR_KEYS } from './vendor-keys.ts';

const MIXED = 'aB3dE5gH7jK9mN1pQ3sT5vX7zB9dF1hJ3lN5pR7tV9xZ1bD3fG5hJ7kL9mN1pQ3sT5vX7zB9dF1hJ3lN5pR7tV9xZ1bD3f';
const HEX = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Written in two pieces, so that nobody's scanner takes this file for a leak. */
function key(prefix: string, alphabet: string, length: number): string {
  return prefix + alphabet.slice(0, length);
}

/** A key of each form, under its vendor's name. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  'AWS access key id': [key('AKIA', UPPER, 16), key('ASIA', UPPER, 16), ['AKIA', 'IOSFODNN7EXAMPLE'].join('')],
  GitHub: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => key(prefix, MIXED, 36)),
  'GitHub fine-grained': [`${key('github_pat_', MIXED, 22)}_${MIXED.slice(0, 59)}`],
  GitLab: ['glpat-', 'gldt-', 'glrt-', 'glptt-'].map((prefix) => key(prefix, MIXED, 20)),
  'Slack token': [key('xoxb-123456789012-', MIXED, 24), key('xoxp-1-2-3-', HEX, 32), key('xapp-1-A0-', MIXED, 40)],
  'Slack webhook': [key('hooks.slack.com/services/T00000000/B00000000/', MIXED, 24)],
  Stripe: ['sk_live_', 'rk_live_', 'sk_test_', 'whsec_'].map((prefix) => key(prefix, MIXED, 24)),
  'Google API key': [key('AIza', MIXED, 35)],
  'Google OAuth': [key('GOCSPX-', MIXED, 28), key('ya29.', MIXED, 60)],
  Anthropic: [key('sk-ant-api03-', MIXED, 90)],
  'OpenAI project': [key('sk-proj-', MIXED, 48), key('sk-svcacct-', MIXED, 48)],
  'OpenAI and its like': [key('sk-', MIXED, 48), key('sk-', MIXED, 20), key('sk-', HEX, 32)],
  OpenRouter: [key('sk-or-v1-', HEX, 64)],
  npm: [key('npm_', MIXED, 36)],
  PyPI: [key('pypi-AgEIcHlwaS5vcmc', MIXED, 80)],
  RubyGems: [key('rubygems_', HEX, 48)],
  SendGrid: [`${key('SG.', MIXED, 22)}.${MIXED.slice(0, 43)}`],
  Twilio: [key('SK', HEX, 32), key('AC', HEX, 32)],
  Mailgun: [key('key-', HEX, 32)],
  Mailchimp: [`${HEX.slice(0, 32)}-us12`],
  DigitalOcean: [key('dop_v1_', HEX, 64)],
  'Docker Hub': [key('dckr_pat_', MIXED, 27)],
  Shopify: [key('shpat_', HEX, 32)],
  Square: [key('sq0atp-', MIXED, 22)],
  'Hugging Face': [key('hf_', MIXED, 34)],
  Groq: [key('gsk_', MIXED, 52)],
  xAI: [key('xai-', MIXED, 80)],
  Perplexity: [key('pplx-', MIXED, 48)],
  Databricks: [key('dapi', HEX, 32)],
  'HashiCorp Vault': [key('hvs.', MIXED, 24)],
  'Terraform Cloud': [`${MIXED.slice(0, 14)}${key('.atlasv1.', MIXED, 60)}`],
  Atlassian: [key('ATATT3', MIXED, 90)],
  Grafana: [`${key('glsa_', MIXED, 32)}_01234567`],
  'New Relic': [key('NRAK-', UPPER, 27)],
  Postman: [`${key('PMAK-', HEX, 24)}-${HEX.slice(0, 34)}`],
  Pulumi: [key('pul-', HEX, 40)],
  Doppler: [key('dp.pt.', MIXED, 43)],
  PlanetScale: [key('pscale_tkn_', MIXED, 40)],
  Supabase: [key('sbp_', HEX, 40), key('sb_secret_', MIXED, 30)],
  Sentry: [key('sntrys_', MIXED, 60)],
  Linear: [key('lin_api_', MIXED, 40)],
  Telegram: [`123456789:${key('AA', MIXED, 33)}`],
  Buildkite: [key('bkua_', HEX, 40)],
  CircleCI: [`${key('CCIPAT_', MIXED, 22)}_${key('', HEX, 40)}`, `${key('CCIPRJ_', MIXED, 22)}_${key('', HEX, 40)}`],
  '1Password': [`${key('ops_eyJ', MIXED.repeat(3), 260)}=`],
  NVIDIA: [key('nvapi-', MIXED, 64)],
  Figma: [key('figd_', MIXED, 43)],
  age: [key('AGE-SECRET-KEY-1', UPPER, 58)],
  'Azure storage': [`${key('AccountKey=', MIXED, 86)}==`],
};

for (const { vendor } of VENDOR_KEYS) {
  test(`keys of ${vendor} are found`, () => {
    const keys = KEYS[vendor];
    assert.ok(keys !== undefined && keys.length > 0, `no example of a key of ${vendor}`);
    assertFindsEach(apiKey, keys);
  });
}

test('prefixes, names and words that only look like keys are left alone', () => {
  assertFindsNothing(apiKey, [
    'AKIA',
    'AKIAexample',
    key('xAKIA', UPPER, 16),
    key('AKIA', UPPER, 17),
    'ghp_short',
    'ghp_ is a prefix',
    'github_pat_',
    'a risk-based, task-oriented, desk-bound approach',
    'sk-cube-grid-animation-loading',
    'sk-abcdefghijklmnopqrstuvwxyz',
    key('task-', MIXED, 40),
    'npm_config_registry',
    'npm_package_version_of_this_thing',
    'MSG. of today',
    'SG.short.short',
    key('sk', HEX, 32),
    key('TASK', HEX, 32),
    'contact-us1',
    'key-value',
    'key-0123456789',
    'AIzaShort',
    'xoxb',
    'whsec_',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'hf_model',
    'dapifoo',
    '10:AA',
  ]);
});
