/** Finds the test files and runs them with Node's own runner. Plain JavaScript on Node 18. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { toolEnvironment } from './checks.mjs';
import { nodeBinary, ROOT } from './ensure.mjs';
import { writeEntries } from './test-entries.mjs';

const FOLDERS = ['src', 'test', 'scripts', 'bench', 'web/src'];
/** A file that takes longer than this hangs, and did not end itself: see file-deadline.mjs. */
const FILE_DEADLINE_MS = 600_000;
/** Whatever happens, the run ends. */
const RUN_DEADLINE_MS = 3_600_000;
const PARALLEL_FILES = 4;
const SHARING_FROM_FILES = 10;

/** Every test file below the given paths, relative to the root; all of them where no path is given. */
export function testFiles(paths) {
  const wanted = paths.length > 0 ? paths : FOLDERS;
  return wanted.flatMap((path) => filesBelow(resolve(ROOT, path))).sort();
}

/** Runs the files, three processes at a time, since much of a test is waiting; resolves to the runner's exit status. Counts come last, on standard output. */
export async function runTests(files, options = []) {
  // A few files are run as they are: what the runner says of them is then about them alone.
  if (files.length < SHARING_FROM_FILES) return await runProcesses(files, options);
  const entries = writeEntries(files);
  try {
    return await runProcesses(entries.paths, options);
  } finally {
    entries.remove();
  }
}

function runProcesses(paths, options) {
  const args = [
    `--import=${join(ROOT, 'scripts', 'lib', 'file-deadline.mjs')}`,
    '--test',
    `--test-concurrency=${PARALLEL_FILES}`,
    `--test-timeout=${FILE_DEADLINE_MS}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(ROOT, 'scripts', 'lib', 'closing-counts.mjs')}`,
    '--test-reporter-destination=stdout',
    ...options,
    ...paths,
  ];
  return new Promise((done, failed) => {
    const child = spawn(nodeBinary(), args, { cwd: ROOT, env: toolEnvironment(), stdio: 'inherit' });
    const deadline = setTimeout(() => {
      process.stderr.write(`The tests took longer than ${RUN_DEADLINE_MS / 60_000} minutes.\n`);
      for (const pid of [...descendants(child.pid), child.pid]) kill(pid);
    }, RUN_DEADLINE_MS);
    child.on('error', failed);
    child.on('close', (status) => {
      clearTimeout(deadline);
      done(status ?? 1);
    });
  });
}

/** The processes below one, as Linux lists them: those that the tests started and did not end. */
function descendants(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  return children.flatMap((child) => [...descendants(child), child]);
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [relative(ROOT, path)];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(child);
    return /\.test\.(ts|mjs)$/.test(entry.name) ? [relative(ROOT, child)] : [];
  });
}
