import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Secret } from '../../../model/secret.ts';
import type { LentGrant } from '../../grant-request.ts';
import { clientEnvironment } from './client-environment.ts';

const target = (name: string) => ({ name, protocol: 'postgres', host: 'gw.test', port: 5433, database: name });
const GRANT: LentGrant = {
  id: 'grt_1',
  secret: new Secret('s:e\\cret'),
  run: 'run_1',
  runUrl: 'https://gw.test/v1/sessions?run=run_1',
  display: 'acme/shop',
  expiresInSeconds: 900,
  source: 'github',
  demo: false,
  certificateAuthority: 'PEM',
  targets: [target('shop'), target('ledger-eu')],
};

test('a command sees what PostgreSQL clients expect, and its files are its own', async () => {
  await using client = await clientEnvironment(GRANT, { PATH: '/bin' });
  const { env, directory } = client;
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.deepEqual(
    { ...env, PGPASSFILE: '', PGSERVICEFILE: '', PGSSLROOTCERT: '' },
    {
      PATH: '/bin',
      PGHOST: 'gw.test',
      PGPORT: '5433',
      PGUSER: 'grt_1',
      PGDATABASE: 'shop',
      PGSSLMODE: 'verify-full',
      PGAPPNAME: 'chaperone run_1',
      PGPASSFILE: '',
      PGSERVICEFILE: '',
      PGSSLROOTCERT: '',
      DATABASE_URL: env['DATABASE_URL_SHOP'],
      DATABASE_URL_SHOP: `postgresql://grt_1:s%3Ae%5Ccret@gw.test:5433/shop?sslmode=verify-full&sslrootcert=${encodeURIComponent(`${directory}/gateway-ca.crt`)}`,
      DATABASE_URL_LEDGER_EU: `postgresql://grt_1:s%3Ae%5Ccret@gw.test:5433/ledger-eu?sslmode=verify-full&sslrootcert=${encodeURIComponent(`${directory}/gateway-ca.crt`)}`,
      CHAPERONE_RUN_ID: 'run_1',
      CHAPERONE_RUN_URL: 'https://gw.test/v1/sessions?run=run_1',
    },
  );
  const passFile = env['PGPASSFILE'] ?? '';
  assert.equal(statSync(passFile).mode & 0o777, 0o600);
  assert.equal(
    readFileSync(passFile, 'utf8'),
    'gw.test:5433:shop:grt_1:s\\:e\\\\cret\ngw.test:5433:ledger-eu:grt_1:s\\:e\\\\cret\n',
  );
  assert.match(
    readFileSync(env['PGSERVICEFILE'] ?? '', 'utf8'),
    /\[ledger-eu\]\nhost=gw\.test\nport=5433\ndbname=ledger-eu\nuser=grt_1\nsslmode=verify-full/,
  );
});

test('nothing is left of what mints tokens or leads around the gateway', async () => {
  const dangerous = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'x',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    ACTIONS_RUNTIME_TOKEN: 'x',
    CIRCLE_OIDC_TOKEN: 'x',
    CIRCLE_OIDC_TOKEN_V2: 'x',
    BITBUCKET_STEP_OIDC_TOKEN: 'x',
    SYSTEM_ACCESSTOKEN: 'x',
    SYSTEM_OIDCREQUESTURI: 'x',
    SPACELIFT_OIDC_TOKEN: 'x',
    TFC_WORKLOAD_IDENTITY_TOKEN_AWS: 'x',
    BUILDKITE_AGENT_ACCESS_TOKEN: 'x',
    AWS_WEB_IDENTITY_TOKEN_FILE: 'x',
    CHAPERONE_ID_TOKEN: 'x',
    CHAPERONE_TOKEN: 'x',
    PGPASSWORD: 'x',
    PGHOSTADDR: 'x',
    PGSSLKEY: 'x',
    PGSERVICE: 'x',
  };
  await using client = await clientEnvironment({ ...GRANT, targets: [] }, { ...dangerous, HOME: '/home' });
  assert.deepEqual(client.env, { HOME: '/home', CHAPERONE_RUN_ID: 'run_1', CHAPERONE_RUN_URL: GRANT.runUrl });
});

test('the files are gone when the run is', async () => {
  let directory = '';
  {
    await using client = await clientEnvironment(GRANT, {});
    directory = client.directory;
    assert.ok(existsSync(directory));
  }
  assert.ok(!existsSync(directory));
});
