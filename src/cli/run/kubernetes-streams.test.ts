import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { startApiServerDouble } from '../../../test/support/kubernetes/api-server-double.ts';
import { plantPod } from '../../../test/support/kubernetes/cluster-gateway.ts';
import { isInstalled } from '../target-client.ts';
import { commandEnvironment } from './environment/command-environment.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const POLICIES = `
  - { name: all, principals: any, targets: [prod], operations: [any, unknown], effect: permit, mask: [email] }
  - { name: no tokens, principals: any, targets: [prod], kubernetes: { commands: { programs: [cat] } }, effect: deny }
`;

const skip = isInstalled('kubectl', process.env) ? false : 'not installed: kubectl';

describe('commands in pods, in a run', { skip }, () => {
  test('run by its kubeconfig alone, are masked, and are refused by their programs', async () => {
    await using cluster = await startApiServerDouble({
      token: 'target-token',
      environment: { MAIL: 'ada.canary@example.com' },
    });
    plantPod(cluster);
    await using api = await startApi({ policies: POLICIES, cluster: { host: '127.0.0.1', port: cluster.port } });
    await using run = await openCarriedRun(api, { targets: ['prod'] });
    const home = await mkdtemp(join(tmpdir(), 'chaperone-kubectl-'));
    const [node, main] = process.argv;
    try {
      // As the program itself starts it.
      process.argv[1] = MAIN;
      const { env } = await commandEnvironment({
        context: run.context,
        rules: { env: [], inheritAll: false, ofAgent: [] },
        base: { PATH: process.env['PATH'], HOME: home },
        random: (bytes) => new Uint8Array(bytes).fill(1),
      });
      const kubectl = (words: readonly string[], input = ''): Promise<string> => said(words, { env, home, input });
      assert.equal(await kubectl(['exec', '-i', 'web', '--', 'tr', 'a-z', 'A-Z'], 'hello\n'), 'HELLO\n[0]');
      const mail = await kubectl(['exec', 'web', '--', 'sh', '-c', 'echo "to $MAIL"; exit 3']);
      assert.match(mail, /^to \[redacted.*\]\ncommand terminated with exit code 3\n\[3\]$/);
      assert.match(await kubectl(['exec', 'web', '--', 'cat', '/etc/hostname']), /no tokens.*\n\[1\]$/s);
      assert.ok(cluster.done.every((what) => !what.includes('cat')));
    } finally {
      process.argv.splice(0, 2, node ?? '', main ?? '');
      await rm(home, { recursive: true, force: true });
    }
  });
});

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly input: string;
}

/** What kubectl printed on its output, then on its error output, then its status. */
function said(words: readonly string[], { env, home, input }: Surroundings): Promise<string> {
  const child = spawn('kubectl', ['--namespace', 'default', ...words], { env, cwd: home });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(`${Buffer.concat([...output, ...errors]).toString()}[${status}]`));
  });
}
