/** `npm run check`: types, lint, format and structure, in seconds. `--fix` repairs what the tools can. */
import { runChecks } from './lib/checks.mjs';
import { ensureInstalled } from './lib/ensure.mjs';
import { runMain } from './lib/run-main.mjs';
import { runTests } from './lib/tests.mjs';

async function main(args) {
  const unknown = args.find((arg) => arg !== '--fix');
  if (unknown !== undefined) throw new Error(`Unknown option ${unknown}; there is --fix.`);
  ensureInstalled();
  const failed = await runChecks({ fix: args.includes('--fix') });
  if ((await runTests(['test/tidy.test.ts'])) !== 0) failed.push('structure');
  process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}.\n`);
  return failed.length === 0 ? 0 : 1;
}

await runMain(main);
