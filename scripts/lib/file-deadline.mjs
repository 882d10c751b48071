/**
 * Loaded into each process of tests: ends one that hangs, and says at which test, and what it still waited for. The runner's own
 * deadline sends SIGTERM, which a process with a handler for it survives.
 */
import process from 'node:process';

/** Below the deadline of the runner, so that the file can still say what it waited for. */
const FILE_DEADLINE_MS = 480_000;

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const { beforeEach } = await import('node:test');
  let newest = 'no test';
  // A process may have several files: the test that began last leads to the one that hangs.
  beforeEach(({ filePath, fullName }) => void (newest = `"${fullName}" of ${filePath}`));
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout');
    process.stderr.write(
      `${process.argv[1]} hangs; ${newest} began last; still open: ${open.join(', ') || 'nothing'}\n`,
    );
    process.exit(1);
  }, FILE_DEADLINE_MS).unref();
}
