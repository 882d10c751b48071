import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildProgram } from './program.ts';

const PARTS = { version: '1.2.3', start: () => Promise.resolve() };
const nowhere = mkdtempSync(join(tmpdir(), 'chaperone-nowhere-'));
after(() => rmSync(nowhere, { recursive: true }));

const main = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CHAPERONE_DATA_DIR: nowhere },
  });

test('a reader that leaves ends a command without a word', () => {
  const program = join(import.meta.dirname, '..', 'main.ts');
  const { stderr } = spawnSync('sh', ['-c', '"$0" "$1" --help | true', process.execPath, program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CHAPERONE_DATA_DIR: nowhere },
  });
  assert.equal(stderr, '');
});

test('every command says what it is for and shows an example', async () => {
  const program = await buildProgram([], PARTS);
  const names = program.commands.map((command) => command.name());
  assert.deepEqual(names, [
    'start',
    'run',
    'connect',
    'sql',
    'sessions',
    'replay',
    'evidence',
    'audit',
    'verify',
    'alarms',
    'ssh-key',
    'keys',
    'witness',
    'approvals',
    'login',
    'logout',
    'whoami',
    'open',
    'targets',
    'tools',
    'tokens',
    'budgets',
    'grants',
    'apply',
    'trust',
    'export',
    'channels',
    'deliveries',
    'erase',
    'holds',
    'retention',
    'policy',
  ]);
  for (const command of program.commands) {
    let help = '';
    for (const shown of [command, ...command.commands])
      shown.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    assert.match(help, /Examples:\n {2}\$ /, command.name());
    assert.notEqual(command.summary(), '', command.name());
  }
});

test('a command that is not run is not loaded', async () => {
  const program = await buildProgram(['verify', '--json'], PARTS);
  assert.deepEqual(
    program.commands.map((command) => command.name()),
    ['verify'],
  );
});

test('the version is the one of package.json', () => {
  assert.match(main('--version').stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a command line that makes no sense exits with 64 and suggests what was meant', () => {
  const typo = main('sesions');
  assert.equal(typo.status, 64);
  assert.match(typo.stderr, /Did you mean sessions\?/);
  assert.equal(main('replay').status, 64);
  assert.equal(main('run', '--target', 'demo').status, 64);
  assert.equal(main('replay', 'last', '--speed', 'fast').status, 64);
});

test('without a gateway a command says how to get one', () => {
  const { status, stderr } = main('sessions');
  assert.equal(status, 69);
  assert.match(stderr, /npm start[^]*CHAPERONE_URL/);
});

test('a gateway that does not answer is said to be so', () => {
  const { status, stderr } = main('targets', '--url', 'http://127.0.0.1:9');
  assert.equal(status, 77, stderr);
  assert.match(stderr, /operator token/);
  assert.equal(main('run', '--url', 'http://127.0.0.1:9', '-t', 'x', '--', 'true').status, 69);
});

test('tokens are never sent in clear to another machine', () => {
  const { status, stderr } = main('sessions', '--url', 'http://gateway.example.com');
  assert.equal(status, 64);
  assert.match(stderr, /in clear/);
});

test('policy check says where a policy is wrong, and exits with 1', () => {
  const good = main('policy', 'check', join(import.meta.dirname, '..', '..', 'examples', 'policies'));
  assert.equal(good.status, 0, good.stdout + good.stderr);
  const bad = main('policy', 'check', join(import.meta.dirname, '..', '..', 'package.json'));
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /package\.json:2 /);
  const none = main('policy', 'check', join(import.meta.dirname));
  assert.equal(none.status, 78);
  assert.match(none.stderr, /no policies are declared in .*\n.*policies:/);
});

test('policy check says how a statement would be decided, rule by rule', () => {
  const policies = join(import.meta.dirname, '..', '..', 'examples', 'policies');
  const as = ['--target', 'demo', '--as', 'run.sourceRepositoryId=100000001'];
  const drop = main('policy', 'check', policies, ...as, '--statement', 'drop table public.customers', '--json');
  assert.equal(drop.status, 1, drop.stderr);
  const { decision } = JSON.parse(drop.stdout) as { decision: { effect: string; code: string; rules: string[] } };
  assert.deepEqual(
    [decision.effect, decision.code, decision.rules],
    ['deny', 'policy-denied', ['demo - never drop or truncate']],
  );
  const read = main('policy', 'check', policies, ...as, '--statement', 'select name from public.customers');
  assert.equal(read.status, 0, read.stdout + read.stderr);
  assert.match(read.stdout, /matched +permit +demo - reads are masked/);
  const nobody = main('policy', 'check', policies, '--target', 'demo', '--statement', 'select 1');
  assert.equal(nobody.status, 1);
});

test('verify of a folder without a log says so', () => {
  const { status, stderr } = main('verify', nowhere);
  assert.equal(status, 66);
  assert.match(stderr, /no audit log/);
});
