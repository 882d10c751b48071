/** A person logs a terminal in: a gateway and commands in processes of their own, and a real provider. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Browser, inLog } from '../support/login-gateway.ts';
import { CLIENT_ID, CLIENT_SECRET, type LoginProvider, startLoginProvider } from '../support/login-provider.ts';
import { chaperone, environment, MAIN, makeDataDirectory, type StartedProgram, startConfigured } from './program.ts';

describe('chaperone login', () => {
  let provider: LoginProvider;
  let gateway: StartedProgram;
  let directory: string;
  let env: NodeJS.ProcessEnv;
  let ca: string;

  before(async () => {
    provider = await startLoginProvider();
    directory = await makeDataDirectory();
    await writeFile(join(directory, 'secret'), `${CLIENT_SECRET}\n`, { mode: 0o600 });
    const config = join(directory, 'gateway.yaml');
    const login = { issuer: provider.url, clientId: CLIENT_ID, clientSecretFile: 'secret', name: 'Test' };
    await writeFile(config, JSON.stringify({ login, audience: 'https://gateway.test' }));
    gateway = await startConfigured(directory, {
      CHAPERONE_CONFIG: config,
      CHAPERONE_LOGIN_ROLES: 'auditor=audit,auditor=security, operator=ops',
    });
    await provider.serve(gateway.ready.url);
    provider.people.set('ada', { groups: ['security'], name: 'Ada' });
    const caFile = join(directory, 'tls', 'ca.crt');
    ca = await readFile(caFile, 'utf8');
    env = environment(join(directory, 'elsewhere'), { CHAPERONE_CA_FILE: caFile });
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const as = (...args: readonly string[]) => chaperone(args, env);

  /** Says `chaperone login`, and what a person answers to its code in their browser. */
  async function logIn(answer: 'approve' | 'deny', login = 'ada') {
    const child = spawn(process.execPath, [MAIN, 'login', '--url', gateway.ready.url], { env });
    const [out, said] = [{ text: '' }, { text: '' }];
    child.stdout.on('data', (piece: Buffer) => (out.text += String(piece)));
    const code = new Promise<string>((resolve) =>
      child.stderr.on('data', (piece: Buffer) => {
        said.text += String(piece);
        const [, found] = /\/device\?code=([A-Z-]{9})/.exec(said.text) ?? [];
        if (found !== undefined) resolve(found);
      }),
    );
    const closed = once(child, 'close');
    const browser = new Browser(gateway.ready.url, ca);
    const [, typed] = await Promise.all([browser.logIn(login), code]);
    assert.equal((await browser.page('POST', `/v1/login/device/${typed}`, { answer })).status, 200);
    const [status] = (await closed) as [number];
    return { status, stdout: out.text, stderr: said.text, code: typed };
  }

  test('is allowed by a person on a page, and commands act in their name from then on, here alone', async () => {
    assert.match((await as('sessions')).stderr, /no gateway is named/);
    const done = await logIn('approve');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, /^Logged in as ada until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.\n$/);
    assert.match(done.stderr, new RegExp(`Compare this code with the page's: ${done.code}\n`));
    const file = join(directory, 'elsewhere', 'chaperone-config', 'chaperone', 'logins.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const me = await as('whoami');
    assert.match(me.stdout, /^ada \(Ada\), by the token .+\nroles: auditor\ngroups: security\nscopes: overview:read, /);
    assert.equal((await as('sessions')).status, 0);
    const refused = await as('grants', 'revoke', 'grt_none');
    assert.deepEqual([refused.status, refused.stdout], [77, '']);
    const { CHAPERONE_CA_FILE: _, ...other } = environment(directory);
    const local = await chaperone(['whoami'], other);
    assert.match(local.stdout, /^the token local administrator/);
    await inLog({ directory }, /"action":"login\.device\.approve","by":"psn_\w+"/);
  });

  test('keeps nothing that others can read, and uses nothing that they could have written', async () => {
    const file = join(directory, 'elsewhere', 'chaperone-config', 'chaperone', 'logins.json');
    await chmod(file, 0o644);
    const refused = await as('whoami');
    assert.equal(refused.status, 78);
    assert.match(refused.stderr, /is open to others\n {2}It holds tokens/);
    await chmod(file, 0o600);
    assert.equal((await as('whoami')).status, 0);
  });

  test('opens pages of the gateway by name and by id, and no others', async () => {
    const { url } = gateway.ready;
    for (const [words, path] of [
      [[], '/'],
      [['approvals'], '/approvals'],
      [['run', 'run_1'], '/runs/run_1'],
      [['policy', 'a b'], '/policies/a%20b'],
      [['ses_1'], '/sessions/ses_1'],
    ] as const) {
      assert.equal((await as('open', ...words)).stdout, `${url}${path}\n`);
    }
    assert.equal((await as('open', 'everything')).status, 64);
    assert.equal((await as('open', '--admin')).status, 77);
    const link = await gateway.chaperone('open', '--admin');
    assert.ok(link.stdout.startsWith(`${url}/login/first?code=`), link.stderr);
    assert.equal(await new Browser(url, ca).useLink(link.stdout.trim()), 204);
  });

  test('ends with logout, at the gateway too', async () => {
    const file = join(directory, 'elsewhere', 'chaperone-config', 'chaperone', 'logins.json');
    const { logins } = JSON.parse(await readFile(file, 'utf8')) as { logins: { token: string }[] };
    assert.equal((await as('logout')).stdout, 'ada is logged out.\n');
    await assert.rejects(stat(file), { code: 'ENOENT' });
    const kept = { ...env, CHAPERONE_URL: gateway.ready.url, CHAPERONE_TOKEN: logins[0]?.token };
    assert.equal((await chaperone(['whoami'], kept)).status, 77);
    assert.equal((await as('logout', '--url', gateway.ready.url)).stdout, 'Nobody was logged in.\n');
  });

  test('says so where the person says no', async () => {
    const denied = await logIn('deny');
    assert.deepEqual([denied.status, denied.stdout], [77, '']);
    assert.match(denied.stderr, /the login was denied on the page/);
  });

  test('is configured by variables over the file, and a wrong one is named', async () => {
    const wrong = await chaperone(['start'], {
      ...environment(join(directory, 'wrong')),
      CHAPERONE_LOGIN_ISSUER: 'http://login.example.com',
    });
    assert.equal(wrong.status, 78);
    assert.match(wrong.stderr, /the provider is reached by https:\/\/[\s\S]*issuer[\s\S]*clientId/);
    const roles = await chaperone(['start'], {
      ...environment(join(directory, 'wrong')),
      CHAPERONE_LOGIN_ROLES: 'admin',
    });
    assert.match(roles.stderr, /CHAPERONE_LOGIN_ROLES is "admin"\n {2}Write it as admin=platform,approver=dba/);
    const secret = await chaperone(['start'], {
      ...environment(join(directory, 'wrong')),
      CHAPERONE_LOGIN_ISSUER: provider.url,
      CHAPERONE_LOGIN_CLIENT_ID: 'x',
      CHAPERONE_LOGIN_CLIENT_SECRET_FILE: '/nowhere/secret',
    });
    assert.match(secret.stderr, /\/nowhere\/secret cannot be read/);
  });
});
