import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { githubClaims } from '../../../test/support/ci-claims.ts';
import { startTokenIssuer, type TokenIssuer } from '../../../test/support/token-issuer.ts';
import { Secret } from '../../model/secret.ts';
import { checkOffline } from './check-offline.ts';

const AUDIENCE = 'https://gateway.example';
const NOW_MS = Date.parse('2026-03-01T09:00:00Z');
const MAIN = join(import.meta.dirname, '..', '..', 'main.ts');

let source: TokenIssuer;
let directory: string;
let trust: string;
before(async () => {
  source = await startTokenIssuer();
  directory = await mkdtemp(join(tmpdir(), 'trust-check-'));
  trust = join(directory, 'trust.yaml');
  await writeFile(
    trust,
    `issuers:
  - { name: github, kind: github, issuer: ${source.url}, insecureLoopback: true }
trust:
  - name: shop-main
    preset: github
    repository: acme/shop
    repositoryId: 74
    branches: [main, release-*]
    workflow: .github/workflows/agent.yml
    targets: [pg-staging]
  - { name: other, preset: github, repositoryId: 75, targets: [pg-other] }
`,
  );
});
after(async () => {
  await source.close();
  await rm(directory, { recursive: true });
});

const sign = (more: object = {}) =>
  source.sign({ ...githubClaims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_MS / 1000 }), ...more });

async function check(token: string, more: { readonly nowMs?: number; readonly jwksFile?: string } = {}) {
  const signal = new AbortController().signal;
  return checkOffline(new Secret(token), {
    paths: [trust],
    audience: AUDIENCE,
    jwksFile: undefined,
    nowMs: NOW_MS,
    signal,
    ...more,
  });
}

describe('a check of a token against files', () => {
  test('goes through the steps in their order and names the rule that matches, and why the others do not', async () => {
    const report = await check(await sign({ shiny_new: 1 }));
    assert.deepEqual(
      report.steps.map(({ name, outcome }) => `${name} ${outcome}`),
      [
        'form passed',
        'issuer passed',
        'keys passed',
        'signature passed',
        'audience passed',
        'times passed',
        'claims passed',
        'traps passed',
        'rules passed',
        'use skipped',
      ],
    );
    assert.deepEqual(report.rules, [
      { name: 'shop-main', matches: true },
      { name: 'other', matches: false, why: 'sourceRepositoryId is "74", not "75"' },
    ]);
    assert.deepEqual([report.ok, report.targets, report.unknownClaims], [true, ['pg-staging'], ['shiny_new']]);
    const classes = Object.fromEntries(report.claims.map((claim) => [claim.name, claim.class]));
    assert.equal(classes['sourceRepositoryId'], 'verified');
    assert.equal(classes['extra.workflow_path'], 'derived');
  });

  test('stops at the step that fails, with what was found there and what was expected', async () => {
    const failing = async (token: string, nowMs = NOW_MS) => {
      const report = await check(token, { nowMs });
      const failed = report.steps.filter(({ outcome }) => outcome === 'failed');
      assert.equal(report.ok, false);
      assert.equal(failed.length, 1);
      const after = report.steps.slice(report.steps.findIndex(({ outcome }) => outcome === 'failed') + 1);
      assert.ok(after.every(({ outcome }) => outcome === 'skipped'));
      return `${failed[0]?.name}: ${failed[0]?.detail}`;
    };
    assert.equal(await failing('x'), 'form: not three parts');
    assert.equal(await failing(await sign({ iss: 'https://elsewhere.example' })), 'issuer: https://elsewhere.example');
    assert.equal(
      await failing(await sign({}).then((token) => `${token.slice(0, -8)}AAAAAAAA`)),
      'signature: it is not by this key, or the token was changed',
    );
    assert.equal(
      await failing(await sign({ aud: 'https://github.com/acme' })),
      'audience: aud is "https://github.com/acme", and must be "https://gateway.example" alone',
    );
    assert.equal(await failing(await sign(), NOW_MS + 400_000), 'times: it expired 100 s ago');
    assert.equal(
      await failing(await sign({ exp: NOW_MS / 1000 + 7200 }), NOW_MS + 700_000),
      'times: it was issued 700 s ago, and 600 s are allowed',
    );
    assert.equal(await failing(await sign({ repository_id: undefined })), 'claims: repository_id is missing');
    assert.equal(await failing(await sign({ event_name: 'workflow_run' })), 'rules: No rule lets it in.');
  });

  test('with a key set beside it fetches nothing, and tells a renamed repository', async () => {
    const jwksFile = join(directory, 'jwks.json');
    await writeFile(jwksFile, JSON.stringify(source.jwks()));
    const asked = source.requests.length;
    const report = await check(await sign({ repository: 'acme/store' }), { jwksFile });
    assert.equal(source.requests.length, asked);
    assert.deepEqual(report.rules[0], {
      name: 'shop-main',
      matches: false,
      why: 'extra.workflow_path is absent, not ".github/workflows/agent.yml"',
    });
    const moved = { repository: 'acme/store', workflow_ref: 'acme/store/.github/workflows/agent.yml@refs/heads/main' };
    assert.deepEqual((await check(await sign(moved), { jwksFile })).rules[0], {
      name: 'shop-main',
      matches: true,
      note: 'the rule calls it acme/shop, and it is acme/store now',
    });
  });

  test('says where the files are wrong', async () => {
    const broken = join(directory, 'broken.yaml');
    await writeFile(
      broken,
      'issuers:\n  - { name: github, kind: github }\ntrust:\n  - { name: a, preset: github, repository: acme/shop, targets: [x] }\n',
    );
    const signal = new AbortController().signal;
    const checking = async () =>
      checkOffline(new Secret('x'), {
        paths: [broken],
        audience: AUDIENCE,
        jwksFile: undefined,
        nowMs: NOW_MS,
        signal,
      });
    await assert.rejects(checking, {
      message:
        `the files cannot be used:\n  ${broken}:4: the rule a pins no id, and names can be given to others. ` +
        'Add repositoryId or ownerId. `gh api repos/acme/shop --jq .id` prints it.',
    });
  });
});

/** The program as a job would start it. */
async function chaperone(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [MAIN, 'trust', ...args], {
    env: { PATH: process.env['PATH'], CHAPERONE_DATA_DIR: directory, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { status, stdout, stderr };
}

describe('chaperone trust check', () => {
  const offline = () => ['check', '-', '--config', trust, '--audience', AUDIENCE, '--at', '2026-03-01T09:00:05Z'];

  test('explains a token from standard input, exits by the answer, and never shows the token', async () => {
    const token = await sign({ environment: 'prod\u202e', actor: '\u001b[31mmallory' }).catch(() => '');
    const refused = await chaperone(offline(), token);
    assert.match(refused.stdout, /^✗ claims {5}.*actor is not plain text$/m);
    const good = await sign();
    const { status, stdout, stderr } = await chaperone(offline(), `${good}\n`);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /^✓ times {6}issued 5 s ago, expires 2026-03-01T09:05:00\.000Z$/m);
    assert.match(stdout, /^ {2}sourceRepositoryUri +http:\/\/127\.0\.0\.1:\d+\/acme\/shop \(derived\)$/m);
    assert.match(stdout, /^✗ other: sourceRepositoryId is "74", not "75"$/m);
    assert.match(stdout, /\nThis job is let in, into pg-staging\.\n$/);
    for (const part of good.split('.')) assert.equal(stdout.includes(part), false);
  });

  test('answers in JSON, and exits 1 where nothing lets the job in', async () => {
    const { status, stdout } = await chaperone([...offline(), '--json'], await sign({ repository_id: '76' }));
    const report = JSON.parse(stdout) as { ok: boolean; problem: string; rules: unknown[] };
    assert.deepEqual([status, report.ok, report.problem, report.rules.length], [1, false, 'No rule lets it in.', 2]);
  });

  test('takes no token on the command line, where everybody on the machine sees it', async () => {
    const token = await sign();
    const { status, stderr } = await chaperone(['check', token]);
    assert.equal(status, 64);
    assert.match(stderr, /seen by everybody/);
    assert.equal(stderr.includes(token.slice(0, 30)), false);
  });
});
