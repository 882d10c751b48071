/** The promise of approvals, with nothing made up: psql, two gateways on one store, an OpenID provider, Chromium. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PHONE, startBrowser, type Visit, visit } from '../support/browser.ts';
import { CLIENT_ID, CLIENT_SECRET, type LoginProvider, startLoginProvider } from '../support/login-provider.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { type Job, makeDataDirectory, type StartedProgram, startJob } from './program.ts';

const POLICIES = `
policies:
  - name: tables change with an owner's word
    principals: any
    targets: [people]
    operations: [ddl]
    effect: permit
    approve: { group: dba, within: 10m }
  - name: rows change with an owner's word
    principals: any
    targets: [people]
    operations: [update]
    effect: permit
    approve: { group: dba, within: 10m, measureRows: true }
  - name: rows go with two owners' word
    principals: any
    targets: [people]
    operations: [delete]
    effect: permit
    approve: { group: dba, quorum: 2, within: 10m }
  - name: rows come while somebody looks
    principals: any
    targets: [people]
    operations: [insert]
    effect: permit
    approve: { group: dba, within: 2s }
`;

describe('a person decides', () => {
  let deployment: Deployment;
  let provider: LoginProvider;
  let first: StartedProgram;
  let second: StartedProgram;
  let browser: Browser;
  const visits: Visit[] = [];

  before(async () => {
    deployment = await makeDeployment((server) => ({
      tls: `{ mode: verify-full, ca: ${JSON.stringify(server.ca)} }`,
      credential: `{ user: postgres, password: { value: ${server.password} } }`,
    }));
    provider = await startLoginProvider();
    provider.people.set('ada', { groups: ['dba'], name: 'Ada' });
    provider.people.set('ben', { groups: ['dba'], name: 'Ben' });
    provider.people.set('octo', { groups: ['dba'], github_login: 'octocat' });
    const secretFile = join(deployment.configuration, '..', 'client-secret');
    await writeFile(secretFile, CLIENT_SECRET, { mode: 0o600 });
    const login = {
      CHAPERONE_LOGIN_ISSUER: provider.url,
      CHAPERONE_LOGIN_CLIENT_ID: CLIENT_ID,
      CHAPERONE_LOGIN_CLIENT_SECRET_FILE: secretFile,
      CHAPERONE_LOGIN_HANDLE_CLAIMS: 'github=github_login',
      CHAPERONE_LOGIN_ROLES: 'approver=dba,auditor=dba',
    };
    const keys = await makeDataDirectory();
    first = await deployment.gateway({ ...login, CHAPERONE_KEY_FILE: join(keys, 'deployment.key') });
    second = await deployment.gateway({ ...login, CHAPERONE_KEY_FILE: join(keys, 'deployment.key') });
    // People come to the second gateway; what they decide there is held at the first.
    await provider.serve(second.ready.url);
    await writeFile(join(deployment.configuration, 'approvals.yaml'), POLICIES);
    const applied = await first.chaperone('apply', '--yes', deployment.configuration);
    assert.equal(applied.status, 0, applied.stderr);
    browser = await startBrowser();
  });
  after(async () => {
    for (const one of visits) await one[Symbol.asyncDispose]();
    await browser?.close();
    for (const gateway of [second, first]) await gateway?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
    await deployment?.[Symbol.asyncDispose]();
  });

  /** psql in a CI job, its errors among its output; it says its process id first. */
  const psql = (...statements: readonly string[]): Job => {
    const flags = statements.flatMap((statement) => ['-c', statement]);
    const command = ['sh', '-c', 'echo "pid $$"; exec psql -X "$@" 2>&1', 'psql', ...flags];
    return startJob(['run', '-t', 'people', '--', ...command], deployment.job(first));
  };
  /** The approval that psql was told of, at the gateway where people are. */
  const asked = async (job: Job): Promise<string> => {
    const [, path] = await job.said(/NOTICE: +chaperone: waiting for the approval of dba: \S+(\/approvals\/apr_\w+)/);
    return `${second.ready.url}${path}`;
  };
  /** Whether the server was sent it to be run: to be explained is not that. */
  const reached = async (text: string): Promise<boolean> => {
    const sent = (await deployment.server.log()).split('\n').filter((line) => line.includes(text));
    return sent.some((line) => !/: +explain /i.test(line));
  };

  /** Somebody's browser, logged in by the provider on the way to a page. */
  const come = async (login: string, url: string, options = {}): Promise<Page> => {
    const one = await visit(browser, options);
    visits.push(one);
    const { page } = one;
    await page.goto(url);
    await page.getByRole('link', { name: /^Continue with/ }).click();
    await page.getByLabel('Login').fill(login);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(url);
    return page;
  };
  const answer = async (page: Page, name: 'Approve' | 'Deny', reason: string): Promise<void> => {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Reason/).fill(reason);
    await dialog.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await dialog.waitFor({ state: 'detached' });
  };

  test('approved in a browser at another gateway, the statement runs in the connection that waited', async () => {
    const page = await come('ada', `${second.ready.url}/approvals`);
    const [visited] = visits;
    const job = psql("update people set name = 'Ada L.' where id = 1", 'select 41 + 1 as sum');
    await asked(job);
    // It appears by itself.
    await page.getByRole('row').filter({ hasText: 'Ada L.' }).click();
    await page.getByText('1 row', { exact: false }).waitFor();
    await page.getByText(/counted in a transaction that was rolled back/).waitFor();
    assert.equal(await page.getByText("update people set name = 'Ada L.' where id = 1").count(), 1);
    assert.deepEqual(await deployment.server.query('select name from people where id = 1'), [{ name: 'Ada' }]);
    await answer(page, 'Approve', 'as agreed');
    const { status, stdout } = await job.ended;
    assert.deepEqual([status, /UPDATE 1\n[\s\S]*42/.test(stdout)], [0, true], stdout);
    await page.getByText('Approved, and run').waitFor();
    assert.deepEqual(await deployment.server.query('select name from people where id = 1'), [{ name: 'Ada L.' }]);
    assert.deepEqual(visited?.faults, []);
  });

  test('denied on a phone, the agent is told who and why, and the connection goes on', async () => {
    const job = psql('alter table people add column denied text', 'select 40 + 2 as sum');
    const page = await come('ben', await asked(job), PHONE);
    await answer(page, 'Deny', 'not in working hours');
    const { stdout } = await job.ended;
    assert.match(stdout, /ERROR: +chaperone: .*ben.*not in working hours/);
    assert.match(stdout, /42/);
    assert.equal(await reached('add column denied'), false);
  });

  test('nobody answers in time, and the statement is refused with the approval that was asked for', async () => {
    const job = psql("insert into people values (9, 'Nobody', 'nobody@example.com')");
    const url = await asked(job);
    const { stdout } = await job.ended;
    assert.match(stdout, new RegExp(`ERROR: .*${url.split('/').at(-1)}`));
    assert.equal(await reached("(9, 'Nobody'"), false);
  });

  test('a client that leaves takes its request along: it never reaches the server, and nobody can approve it', async () => {
    const job = psql('alter table people add column left_behind text');
    const url = await asked(job);
    const page = await come('ada', url);
    await page.getByRole('button', { name: /^Approve/ }).waitFor();
    process.kill(Number((await job.said(/^pid (\d+)$/m))[1]), 'SIGKILL');
    await page.getByText('Cancelled; it never reached the target').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Approve/ }).count(), 0);
    await job.ended;
    assert.equal(await reached('left_behind'), false);
  });

  test('where two must approve, one is not enough and two are', async () => {
    const job = psql('delete from people where id = 2');
    const url = await asked(job);
    const [ada, ben] = await Promise.all([come('ada', url), come('ben', url)]);
    await answer(ada, 'Approve', 'first');
    await ben.getByText('1 of 2').waitFor();
    assert.equal(await reached('delete from people where id = 2'), false);
    await answer(ben, 'Approve', 'second');
    assert.match((await job.ended).stdout, /DELETE 1/);
    await ada.getByText('Approved, and run').waitFor();
  });

  test('the run’s own actor cannot answer, though one of the group', async () => {
    const job = psql('alter table people add column by_actor text');
    const url = await asked(job);
    const octo = await come('octo', url);
    await octo.getByText(/You cannot answer: .*(actor|started)/i).waitFor();
    assert.equal(await octo.getByRole('button', { name: /^Approve/ }).count(), 0);
    const ada = await come('ada', url);
    await answer(ada, 'Deny', '');
    await job.ended;
    assert.equal(await reached('by_actor'), false);
  });

  test('two who answer at once: one answer counts, the other is told how it stands', async () => {
    const job = psql('alter table people add column raced text');
    const url = await asked(job);
    const pages = await Promise.all([come('ada', url), come('ben', url)]);
    for (const [page, name] of [
      [pages[0], 'Approve'],
      [pages[1], 'Deny'],
    ] as const) {
      await page?.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    }
    await Promise.all(
      pages.map((page) =>
        page
          .getByRole('dialog')
          .getByRole('button', { name: /^(Approve|Deny)/ })
          .click(),
      ),
    );
    const { stdout } = await job.ended;
    const ran = await reached('add column raced');
    assert.equal(/ALTER TABLE/.test(stdout), ran, stdout);
    assert.equal(/ERROR/.test(stdout), !ran, stdout);
  });

  test('hostile text in a statement is text, for everybody who reads it', async () => {
    const evil = 'alter table people rename to "<img src=x onerror=alert(1)>\u202e"';
    const job = psql(evil);
    const page = await come('ada', await asked(job));
    page.on('dialog', () => assert.fail('a script ran'));
    await page.getByText('<img src=x onerror=alert(1)>', { exact: false }).first().waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.doesNotMatch(await page.locator('body').innerText(), /\u202e/);
    await answer(page, 'Deny', 'no');
    await job.ended;
  });

  test('the session is replayed in the browser; one byte changed on disk, and the page says that it does not verify', async () => {
    const { sessions } = JSON.parse((await first.chaperone('sessions', '--json')).stdout) as {
      sessions: { id: string; permitted: number }[];
    };
    // Of the update: the only one that was permitted twice.
    const id = sessions.find(({ permitted }) => permitted === 2)?.id ?? assert.fail('no such session');
    await provider.serve(first.ready.url);
    const page = await come('ada', `${first.ready.url}/sessions/${id}`);
    await page.getByText('PASS').first().waitFor();
    assert.match(await page.locator('main').innerText(), /update people set name = 'Ada L\.' where id = 1/);
    const files = await readdir(join(first.dataDirectory, 'audit'), { recursive: true });
    const path = join(first.dataDirectory, 'audit', files.find((name) => name.endsWith(`${id}.jsonl`)) ?? '');
    const bytes = await readFile(path);
    const at = bytes.indexOf('"kind":"approval"') + 10;
    assert.ok(at > 10);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await page.reload();
    await page.getByText('This session does not verify').waitFor();
    assert.match(await page.locator('main').innerText(), /line 3, bytes \d+–\d+: This line was changed/);
  });
});
