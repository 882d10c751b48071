/**
 * `npm test`: types, lint, format, structure, and every test. `npm test -- src/audit test/e2e/readme.test.ts` runs the
 * tests below those paths and nothing else; what begins with a dash goes to Node's test runner.
 */
import { runChecks } from './lib/checks.mjs';
import { ensurePrograms, TEST_PROGRAMS } from './lib/debian.mjs';
import { ensureInstalled } from './lib/ensure.mjs';
import { runMain } from './lib/run-main.mjs';
import { runTests, testFiles } from './lib/tests.mjs';
import { ensureWebBuilt } from './lib/web.mjs';

async function main(args) {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const options = args.filter((arg) => arg.startsWith('-'));
  ensureInstalled();
  const advice = ensurePrograms(TEST_PROGRAMS);
  if (advice !== undefined) process.stderr.write(`${advice}\n`);
  // A part of the tests may need none of what is missing; all of them do.
  if (advice !== undefined && paths.length === 0) return 1;

  ensureWebBuilt();
  const failed = paths.length === 0 ? await runChecks() : [];
  const files = testFiles(paths);
  if (files.length === 0) {
    process.stderr.write(`No test file below ${paths.join(' ')}.\n`);
    return 1;
  }
  if ((await runTests(files, options)) !== 0) failed.push('tests');
  process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}.\n`);
  return failed.length === 0 ? 0 : 1;
}

await runMain(main);
