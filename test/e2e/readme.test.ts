import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { test } from 'node:test';
import { isInstalled } from '../../src/cli/target-client.ts';
import { readTranscript } from '../support/readme.ts';
import { ROOT } from '../support/source-tree.ts';
import { environment, makeDataDirectory, startDemo } from './program.ts';

test("the README's commands print what the README shows", {
  skip: ['psql', 'curl'].every((name) => isInstalled(name, process.env)) ? false : 'psql or curl is not installed',
}, async () => {
  const { commands, output } = readTranscript();
  const dataDirectory = await makeDataDirectory();
  await using _gateway = await startDemo(dataDirectory);
  const printed = await inShell(commands, dataDirectory);
  assert.equal(settled(printed), settled(output), `what was printed:\n\n${printed}`);
});

/** Types the commands as a person would, in the working tree, with both outputs on one terminal. */
async function inShell(commands: string, dataDirectory: string): Promise<string> {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn('bash', ['-c', `exec 2>&1\n${commands}`], {
    cwd: ROOT,
    env: environment(dataDirectory, { PATH: path, npm_config_loglevel: 'silent' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const piece of child.stdout) printed += String(piece);
  return printed;
}

/** What differs from run to run, and how far lines are apart. */
function settled(text: string): string {
  return text
    .replaceAll(/\bses_[0-9a-z]{26}\b/g, 'ses_*')
    .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'time')
    .replaceAll(/demo\.invalid\/[0-9a-f-]{36}/g, 'demo.invalid/*')
    .replaceAll(/\b\d+ entries\b/g, 'n entries')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}
