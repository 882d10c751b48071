/** The checks that read the code and run none of it: types, lint, format. Plain JavaScript on Node 18. */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { nodeBinary, ROOT } from './ensure.mjs';

/** The gateway, and the browser's code: two sets of globals. */
const PROJECTS = { types: '.', 'types of web': 'web' };
const TYPES = Object.entries(PROJECTS).map(([name, project]) => ({
  name,
  script: 'typescript/bin/tsc',
  args: ['--pretty', 'false', '-p', project],
}));
const LINT = {
  name: 'lint',
  script: 'oxlint/bin/oxlint',
  args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
};
const FORMAT = { name: 'format', script: '@biomejs/biome/bin/biome', args: ['check', '--error-on-warnings'] };

/** Runs them side by side and prints what each that failed had to say. Returns the names of those that failed. */
export async function runChecks({ fix = false } = {}) {
  const checks = [
    ...TYPES,
    { ...LINT, args: [...LINT.args, ...(fix ? ['--fix'] : [])] },
    { ...FORMAT, args: [...FORMAT.args, ...(fix ? ['--write'] : [])] },
  ];
  // Two tools that rewrite files take turns.
  const results = fix ? await inTurn(checks) : await Promise.all(checks.map(run));
  const failed = [];
  for (const { name, status, output } of results) {
    process.stdout.write(status === 0 ? `✔ ${name}\n` : `✖ ${name}\n${output}\n`);
    if (status !== 0) failed.push(name);
  }
  return failed;
}

/**
 * The environment for anything we start: our Node comes first on the path, for scripts that begin with `env node`, and
 * what it has compiled once is kept, in a folder that is nobody else's: most of a short test's time is reading sources.
 */
export function toolEnvironment() {
  const path = [dirname(nodeBinary()), join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  return { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compiled'), ...process.env, PATH: path };
}

async function inTurn(checks) {
  const results = [];
  for (const check of checks) results.push(await run(check));
  return results;
}

function run({ name, script, args }) {
  return new Promise((resolve) => {
    const child = spawn(nodeBinary(), [join(ROOT, 'node_modules', script), ...args], {
      cwd: ROOT,
      env: toolEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
    child.on('error', (error) => resolve({ name, status: 1, output: `${output}${error.message}\n` }));
    child.on('close', (status) => resolve({ name, status: status ?? 1, output }));
  });
}
