import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Secret } from '../../../model/secret.ts';
import { awsPlace } from '../aws-place.ts';
import type { LocalTarget, RunContext } from '../local-target.ts';
import { commandEnvironment } from './command-environment.ts';
import type { EnvironmentRules } from './inherited-variables.ts';

const target = (name: string, more: Partial<LocalTarget> = {}): LocalTarget => ({
  name,
  protocol: 'postgres',
  host: '127.0.0.1',
  port: 40_001,
  database: name,
  user: 'run',
  password: new Secret('s:e\\cret'),
  tls: 'none',
  ...more,
});
const RULES: EnvironmentRules = { env: [], inheritAll: false, ofAgent: [] };
const SPAN = (bytes: number) => new Uint8Array(bytes).fill(0xab);

describe('the environment of a command', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-environment-'));
  });
  after(() => rm(directory, { recursive: true }));

  const made = async (context: Partial<RunContext>, base: NodeJS.ProcessEnv, rules: Partial<EnvironmentRules> = {}) => {
    const own = await mkdtemp(join(directory, 'run-'));
    const full: RunContext = {
      runId: 'run_1',
      runUrl: 'https://gw.test/runs/run_1',
      display: 'acme/shop',
      directory: own,
      targets: [],
      gatewayUrl: 'https://gw.test',
      carrier: 'websocket',
      demo: false,
      ...context,
    };
    return commandEnvironment({ context: full, base, rules: { ...RULES, ...rules }, random: SPAN });
  };

  test('says where MCP servers are, in a file that clients read as well', async () => {
    const { env } = await made({ targets: [target('tickets', { protocol: 'mcp', port: 40_005 })] }, {});
    assert.equal(env['CHAPERONE_URL_TICKETS'], 'http://run:s%3Ae%5Ccret@127.0.0.1:40005/');
    assert.deepEqual(JSON.parse(await readFile(env['CHAPERONE_MCP_CONFIG'] ?? '', 'utf8')), {
      mcpServers: {
        tickets: {
          type: 'http',
          url: 'http://127.0.0.1:40005/',
          headers: { Authorization: String.raw`Bearer run.s:e\cret` },
        },
      },
    });
  });

  test('says where HTTP targets are, and by which proxy and authorities those that have names are reached', async () => {
    const api = target('billing-api', { protocol: 'http', port: 40_003 });
    const alone = await made({ targets: [api] }, {});
    assert.equal(alone.env['CHAPERONE_URL_BILLING_API'], 'http://run:s%3Ae%5Ccret@127.0.0.1:40003/');
    assert.equal(alone.env['HTTPS_PROXY'], undefined);
    const proxy = { port: 40_004, hosts: ['billing.test'], user: 'run', password: new Secret('s:p') };
    const { env } = await made({ targets: [api], proxy, certificateAuthority: 'PEM of the gateway\n' }, {});
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) {
      assert.equal(env[name], 'http://run:s%3Ap@127.0.0.1:40004/', name);
    }
    assert.equal(env['NO_PROXY'], 'localhost,127.0.0.1,::1,gw.test');
    for (const name of ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'REQUESTS_CA_BUNDLE', 'AWS_CA_BUNDLE']) {
      assert.match(await readFile(env[name] ?? '', 'utf8'), /PEM of the gateway\n$/, name);
    }
    assert.equal(await readFile(env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8'), 'PEM of the gateway\n');
  });

  test('has what people may give the run by its name, and as the default of nothing', async () => {
    const aws = { secretAccessKey: new Secret('signing'), region: 'eu-west-1' };
    const requestable = [
      target('archive', { port: 40_011 }),
      target('bucket', { protocol: 'http', port: 40_012, aws }),
      target('prod', { protocol: 'kubernetes', port: 40_013 }),
    ];
    const named = ['PGSERVICEFILE', 'KUBECONFIG', 'AWS_CONFIG_FILE', 'PGPASSFILE', 'AWS_SHARED_CREDENTIALS_FILE'];
    const { env } = await made({ requestable }, {});
    const said = Object.keys(env).filter((name) =>
      /^(?:PG|DATABASE|AWS|KUBE|CHAPERONE_(?:REQ|TARGETS|URL_))/.test(name),
    );
    assert.deepEqual(said.sort(), [
      'AWS_CONFIG_FILE',
      'AWS_SHARED_CREDENTIALS_FILE',
      'CHAPERONE_REQUESTABLE',
      'CHAPERONE_TARGETS',
      'CHAPERONE_URL_BUCKET',
      'DATABASE_URL_ARCHIVE',
      'KUBECONFIG',
      'PGPASSFILE',
      'PGSERVICEFILE',
    ]);
    const [services, kubeconfig, profiles] = await Promise.all(
      named.slice(0, 3).map((name) => readFile(env[name] ?? '', 'utf8')),
    );
    assert.match(services ?? '', /^\[archive\]\nhost=127\.0\.0\.1\nport=40011\n/);
    assert.deepEqual(JSON.parse(kubeconfig ?? '').contexts, [
      { name: 'prod', context: { cluster: 'prod', user: 'prod' } },
    ]);
    assert.ok(!kubeconfig?.includes('current-context'));
    assert.equal(profiles, '[profile bucket]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:40012\n');
    // What a command was let have of its own stands, until the run has a target of that kind.
    const own = Object.fromEntries(named.map((name) => [name, `/own/${name}`]));
    const kept = (await made({ requestable }, own, { env: named })).env;
    assert.match(kept['KUBECONFIG'] ?? '', /^\/own\/KUBECONFIG:.+\/kubeconfig$/);
    for (const name of named.filter((one) => one !== 'KUBECONFIG')) assert.equal(kept[name], `/own/${name}`);
    const taken = (await made({ targets: [target('shop')], requestable }, own, { env: named })).env;
    assert.match(taken['PGSERVICEFILE'] ?? '', /pg_service\.conf$/);
    assert.match(taken['DATABASE_URL'] ?? '', /\/shop\?/);
  });

  test('gives clients of AWS keys, a region and an endpoint for each service, in variables and in files', async () => {
    const aws = (name: string, port: number, place: { readonly region?: string; readonly service?: string }) =>
      target(name, { protocol: 'http', port, aws: { secretAccessKey: new Secret('signing'), ...place } });
    const targets = [
      aws('s3', 1, { region: 'eu-west-1', service: 's3' }),
      aws('secrets', 2, { service: 'secretsmanager' }),
      aws('queues', 3, { service: 'sqs' }),
      aws('other-queues', 4, { service: 'sqs' }),
      aws('rest', 5, {}),
    ];
    const { env } = await made({ targets }, {});
    const own = Object.entries(env).filter(([name]) => name.startsWith('AWS_') && !name.endsWith('_FILE'));
    assert.deepEqual(Object.fromEntries(own), {
      AWS_ACCESS_KEY_ID: 'run',
      AWS_SECRET_ACCESS_KEY: 'signing',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:5',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:2',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    assert.equal(
      await readFile(env['AWS_CONFIG_FILE'] ?? '', 'utf8'),
      `[default]
region = eu-west-1
endpoint_url = http://127.0.0.1:5
services = chaperone

[services chaperone]
s3 =
  endpoint_url = http://127.0.0.1:1
secrets_manager =
  endpoint_url = http://127.0.0.1:2
`,
    );
    assert.match(
      await readFile(env['AWS_SHARED_CREDENTIALS_FILE'] ?? '', 'utf8'),
      /aws_secret_access_key = signing\n$/,
    );
    assert.deepEqual(awsPlace({}, ['bucket.s3.eu-west-1.amazonaws.com']), { service: 's3', region: 'eu-west-1' });
    assert.deepEqual(awsPlace({ service: 'sqs' }, ['localhost']), { service: 'sqs' });
    assert.deepEqual(awsPlace({}, ['sqs.eu-west-1.amazonaws.com', 'sns.eu-west-1.amazonaws.com']), {
      region: 'eu-west-1',
    });
  });

  test('says where the run’s own listeners are, in every way that PostgreSQL’s clients read', async () => {
    const { env } = await made({ targets: [target('shop'), target('ledger-eu', { port: 40_002 })] }, { PATH: '/bin' });
    const { PGPASSFILE = '', PGSERVICEFILE = '', ...rest } = env;
    assert.deepEqual(rest, {
      PATH: '/bin',
      PGHOST: '127.0.0.1',
      PGPORT: '40001',
      PGUSER: 'run',
      PGDATABASE: 'shop',
      PGSSLMODE: 'disable',
      PGAPPNAME: 'chaperone run_1',
      DATABASE_URL: 'postgresql://run:s%3Ae%5Ccret@127.0.0.1:40001/shop?sslmode=disable',
      DATABASE_URL_SHOP: 'postgresql://run:s%3Ae%5Ccret@127.0.0.1:40001/shop?sslmode=disable',
      DATABASE_URL_LEDGER_EU: 'postgresql://run:s%3Ae%5Ccret@127.0.0.1:40002/ledger-eu?sslmode=disable',
      TRACEPARENT: '00-abababababababababababababababab-abababababababab-01',
      CHAPERONE_RUN_ID: 'run_1',
      CHAPERONE_RUN_URL: 'https://gw.test/runs/run_1',
      CHAPERONE_TARGETS: 'shop ledger-eu',
      CHAPERONE_URL: 'https://gw.test',
    });
    assert.equal((await stat(PGPASSFILE)).mode & 0o777, 0o600);
    assert.equal(
      await readFile(PGPASSFILE, 'utf8'),
      '127.0.0.1:40001:shop:run:s\\:e\\\\cret\n127.0.0.1:40002:ledger-eu:run:s\\:e\\\\cret\n',
    );
    assert.match(
      await readFile(PGSERVICEFILE, 'utf8'),
      /\[ledger-eu\]\nhost=127\.0\.0\.1\nport=40002\ndbname=ledger-eu\nuser=run\nsslmode=disable\n/,
    );
  });

  test('verifies the gateway’s certificate where clients reach its native port', async () => {
    const direct = target('shop', { host: 'gw.test', port: 5433, tls: 'verify-full' });
    const { env } = await made({ targets: [direct], certificateAuthority: 'PEM' }, {});
    assert.equal(env['PGSSLMODE'], 'verify-full');
    assert.equal(await readFile(env['PGSSLROOTCERT'] ?? '', 'utf8'), 'PEM');
    assert.match(env['DATABASE_URL'] ?? '', /sslmode=verify-full&sslrootcert=/);
    const known = await made({ targets: [direct] }, {});
    assert.equal(known.env['PGSSLROOTCERT'], 'system');
    assert.doesNotMatch(known.env['DATABASE_URL'] ?? '', /sslrootcert/);
  });

  test('names a gateway at an IPv6 address as each kind of place wants it', async () => {
    const direct = target('shop', { host: '::1', port: 5433, tls: 'verify-full' });
    const { env } = await made({ targets: [direct] }, {});
    assert.equal(env['PGHOST'], '::1');
    assert.match(env['DATABASE_URL'] ?? '', /@\[::1\]:5433\/shop\?/);
    assert.match(await readFile(env['PGPASSFILE'] ?? '', 'utf8'), /^\\:\\:1:5433:shop:/);
  });

  test('has no variable whose name some agents take from their tools', async () => {
    const { env } = await made({ targets: [target('shop')] }, {});
    assert.deepEqual(
      Object.keys(env).filter((name) => /KEY|TOKEN|SECRET/.test(name)),
      [],
    );
  });

  test('gives no target a variable that another one would share', async () => {
    const { env } = await made({ targets: [target('a-b'), target('a_b')] }, {});
    assert.deepEqual(
      Object.keys(env).filter((name) => name.startsWith('DATABASE_URL')),
      ['DATABASE_URL'],
    );
  });

  test('continues the caller’s trace, and begins one where what was given is none', async () => {
    const parent = async (given: string) => (await made({}, { TRACEPARENT: given })).env['TRACEPARENT'];
    const own = '00-abababababababababababababababab-abababababababab-01';
    assert.equal(
      await parent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'),
      '00-4bf92f3577b34da6a3ce929d0e0e4736-abababababababab-00',
    );
    assert.equal(await parent('00-00000000000000000000000000000000-00f067aa0ba902b7-00'), own);
    assert.equal(await parent('ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'), own);
    assert.equal(await parent('$(reboot)'), own);
  });
});
