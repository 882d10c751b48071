/** `npm run bench`: what the gateway costs. `npm run bench -- --help` lists the options; `--quick` takes a minute. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { toolEnvironment } from './lib/checks.mjs';
import { BENCH_PROGRAMS, ensurePrograms } from './lib/debian.mjs';
import { ensureInstalled, nodeBinary, ROOT } from './lib/ensure.mjs';

try {
  ensureInstalled();
  const advice = ensurePrograms(BENCH_PROGRAMS);
  if (advice !== undefined) throw new Error(advice);
  const child = spawn(nodeBinary(), [join(ROOT, 'bench', 'bench.ts'), ...process.argv.slice(2)], {
    cwd: ROOT,
    env: toolEnvironment(),
    stdio: 'inherit',
  });
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (status) => {
    process.exitCode = status ?? 1;
  });
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
