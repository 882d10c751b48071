import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { ALLOWED_VARIABLES } from './allowed-variables.ts';
import { type EnvironmentRules, inheritedVariables } from './inherited-variables.ts';

const chosen = (base: NodeJS.ProcessEnv, rules: Partial<EnvironmentRules> = {}) =>
  inheritedVariables(base, { env: [], inheritAll: false, ofAgent: [], ...rules });
const ID_TOKEN = jws({ iss: 'https://gitlab.test', aud: 'https://vault.test', exp: 1 });
const MINTING = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'x',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
  ACTIONS_RUNTIME_TOKEN: 'x',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x',
  AWS_WEB_IDENTITY_TOKEN_FILE: 'x',
  AZURE_FEDERATED_TOKEN_FILE: 'x',
  BITBUCKET_STEP_OIDC_TOKEN: 'x',
  BUILDKITE_AGENT_ACCESS_TOKEN: 'x',
  CHAPERONE_ID_TOKEN: 'x',
  CHAPERONE_TOKEN: 'x',
  CIRCLE_OIDC_TOKEN: 'x',
  CIRCLE_OIDC_TOKEN_V2: 'x',
  CI_JOB_JWT_V2: 'x',
  CI_JOB_TOKEN: 'x',
  GOOGLE_APPLICATION_CREDENTIALS: 'x',
  NAMED_BY_THE_JOB: ID_TOKEN,
  SPACELIFT_OIDC_TOKEN: 'x',
  SPIFFE_ENDPOINT_SOCKET: 'x',
  SYSTEM_ACCESSTOKEN: 'x',
  SYSTEM_OIDCREQUESTURI: 'x',
  TFC_WORKLOAD_IDENTITY_TOKEN_AWS: 'x',
};
const AROUND = {
  BILLING: 'postgres://app:secret@db.internal/billing',
  DATABASE_URL: 'mysql://app:secret@db.internal/shop',
  DATABASE_URL_SHOP: 'x',
  PGHOSTADDR: 'x',
  PGPASSWORD: 'x',
  PGSERVICE: 'x',
  PGSSLKEY: 'x',
  POSTGRES_PASSWORD: 'x',
  REPORTS: 'jdbc:postgresql://db.internal/reports?password=secret',
  SSH_AUTH_SOCK: 'x',
};
const ORDINARY = { CI: 'true', GITHUB_SHA: 'c0ffee', HOME: '/home/ci', LC_ALL: 'C', PATH: '/bin', https_proxy: 'p' };

describe('what a command sees of its caller’s environment', () => {
  test('is what ordinary tools need, and nothing else', () => {
    const others = { AWS_SECRET_ACCESS_KEY: 'x', GITHUB_ENV: 'x', GITHUB_TOKEN: 'x', npm_config__authToken: 'x' };
    const { env, withheld, minting, mode } = chosen({ ...ORDINARY, ...MINTING, ...AROUND, ...others });
    assert.deepEqual(env, ORDINARY);
    assert.equal(mode, 'allow-list');
    assert.deepEqual(minting, Object.keys(MINTING).sort());
    assert.deepEqual(withheld, [...Object.keys(MINTING), ...Object.keys(AROUND), ...Object.keys(others)].sort());
  });

  test('is everything but what mints tokens or leads around the gateway where all is asked for', () => {
    const { env, mode } = chosen({ ...ORDINARY, ...MINTING, ...AROUND, GITHUB_TOKEN: 'x' }, { inheritAll: true });
    assert.deepEqual(env, { ...ORDINARY, GITHUB_TOKEN: 'x' });
    assert.equal(mode, 'inherited');
  });

  test('is more by name, by value and by pattern', () => {
    const base = { FEATURE_A: '1', FEATURE_B: '2', NEEDED: '3', OTHER: '4' };
    const { env, added } = chosen(base, { env: ['FEATURE_*', 'NEEDED', 'SET=to=this', 'OTHER=5'] });
    assert.deepEqual(env, { FEATURE_A: '1', FEATURE_B: '2', NEEDED: '3', OTHER: '5', SET: 'to=this' });
    assert.deepEqual(added, ['FEATURE_*', 'NEEDED', 'SET', 'OTHER']);
  });

  test('leads around the gateway only where a variable is asked for by its whole name', () => {
    assert.deepEqual(chosen(AROUND, { env: ['PG*', 'B*', 'DATABASE_URL*'] }).env, {});
    assert.deepEqual(chosen(AROUND, { env: ['BILLING'] }).env, { BILLING: AROUND.BILLING });
  });

  test('never mints, by whatever it is asked for', () => {
    assert.deepEqual(
      chosen(MINTING, { env: ['ACTIONS*', 'C*', 'N*', 'AWS_*'], inheritAll: true, ofAgent: ['S*'] }).env,
      {},
    );
    assert.throws(() => chosen({}, { env: ['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] }), /it mints tokens/);
    assert.throws(() => chosen({}, { env: [`HARMLESS=${ID_TOKEN}`] }), /it mints tokens/);
    assert.throws(() => chosen(MINTING, { env: ['NAMED_BY_THE_JOB'] }), /it mints tokens/);
  });

  test('never has a token that mints under another name, or inside another value', () => {
    const token = 'glcbt-64_0123456789abcdefghij';
    const copies = {
      CI_JOB_TOKEN: token,
      CI_REGISTRY_PASSWORD: token,
      CI_REPOSITORY_URL: `https://gitlab-ci-token:${token}@gitlab.test/a/b.git`,
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"parameters":{"AccessToken":"x"}}',
    };
    const { env, minting } = chosen({ ...copies, CI_REGISTRY: 'registry.test' }, { inheritAll: true });
    assert.deepEqual(env, { CI_REGISTRY: 'registry.test' });
    assert.deepEqual(minting, Object.keys(copies));
  });

  test('keeps tokens that no CI system signs for audiences: a service’s own key is no way in', () => {
    const ofService = jws({ iss: 'supabase', role: 'anon', exp: 1 });
    assert.deepEqual(chosen({ ANON: ofService, WORDS: 'a.b.c' }, { env: ['ANON', 'WORDS'] }).env, {
      ANON: ofService,
      WORDS: 'a.b.c',
    });
  });

  test('refuses a request that is none', () => {
    for (const request of ['', '*', 'A B', '1A', 'A*B', 'A*=1']) {
      assert.throws(() => chosen({}, { env: [request] }), /--env takes NAME/, request);
    }
  });
});

function jws(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

test('the reference lists every variable that is let through, and no other', async () => {
  const reference = await readFile(new URL('../../../../docs/reference/run-environment.md', import.meta.url), 'utf8');
  const rows = reference.split('\n').filter((line) => /^\| [a-zA-Z]/.test(line));
  const listed = rows.map((row) => {
    const [, group = '', names = ''] = row.split('|').map((cell) => cell.trim());
    return [group, [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name)];
  });
  assert.deepEqual(Object.fromEntries(listed), ALLOWED_VARIABLES);
});
