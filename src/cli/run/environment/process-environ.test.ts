import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MODULE = new URL('./process-environ.ts', import.meta.url).href;
const onLinux = { skip: process.platform === 'linux' ? false : 'there is no procfs' };

/** A process that forgets `names`, and then lets a child of its own read what the kernel shows of it. */
async function forgets(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ forgot: boolean; seen: string; own: string }> {
  const script = `
    import { execFileSync } from 'node:child_process';
    import { forgetVariables } from ${JSON.stringify(MODULE)};
    const forgot = forgetVariables(${JSON.stringify(names)});
    const seen = execFileSync('/bin/sh', ['-c', 'cat /proc/$PPID/environ'], { encoding: 'latin1' });
    console.log(JSON.stringify({ forgot, seen, own: JSON.stringify(process.env) }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
  return JSON.parse(stdout) as { forgot: boolean; seen: string; own: string };
}

test(
  'a child reads nothing of what its parent forgot, neither in its own environment nor in procfs',
  onLinux,
  async () => {
    const env = { PATH: process.env['PATH'], FIRST: 'kept-1', MINTS: 'canary-Zürich', EMPTY: '', LAST: 'canary-2' };
    const { forgot, seen, own } = await forgets(['MINTS', 'LAST', 'EMPTY', 'NEVER_SET'], env);
    assert.equal(forgot, true);
    assert.match(seen, /FIRST=kept-1/);
    assert.doesNotMatch(seen, /canary|rich/);
    assert.doesNotMatch(own, /canary|MINTS|LAST/);
  },
);

test('a variable whose name is the end of another one’s is not taken for it', onLinux, async () => {
  const { seen } = await forgets(['TOKEN'], { PATH: process.env['PATH'], MY_TOKEN: 'kept', TOKEN: 'canary' });
  assert.match(seen, /MY_TOKEN=kept/);
  assert.doesNotMatch(seen, /canary/);
});

test('what mints tokens above a process is found, and its own is not', onLinux, async () => {
  const script = `
    import { mintingAncestors } from ${JSON.stringify(MODULE)};
    console.log(JSON.stringify({ found: mintingAncestors(), parent: process.ppid }));`;
  // The shell is the CI system's: it stays, since it has something to do after the command.
  const shell = '"$0" --input-type=module -e "$1"; exit $?';
  const under = async (env: NodeJS.ProcessEnv) => {
    const { stdout } = await run('/bin/sh', ['-c', shell, process.execPath, script], { env });
    const { found, parent } = JSON.parse(stdout) as { found: number[]; parent: number };
    return found.includes(parent);
  };
  assert.equal(await under({ PATH: process.env['PATH'], ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job' }), true);
  assert.equal(await under({ PATH: process.env['PATH'] }), false);
});
