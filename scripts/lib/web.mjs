/** Builds the web UI where `web/dist` is missing or was made of other sources. Plain JavaScript on Node 18. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary, ROOT, takeLock } from './ensure.mjs';

const WEB = join(ROOT, 'web');
const DIST = join(WEB, 'dist');
const FRESH = join(WEB, 'dist.new');
const STAMP = '.built-of';
/** What the build is made of, below `web/`; the mock and the tests are no part of it. */
const SOURCES = [
  'build',
  'public',
  'src',
  'verify',
  'index.html',
  'package.json',
  'vite.config.ts',
  'vite.verify.config.ts',
  // What the page that verifies bundles shares with the command line.
  '../src/audit/verify/bundle',
  '../src/audit/bundle/manifest.ts',
  '../src/audit/bundle/run-summary.ts',
  '../src/audit/canonical-json.ts',
  '../src/audit/audit-event.ts',
  '../src/audit/record/recorded-operations.ts',
];

/** Throws an `Error` with the build's own words when it fails. Two callers at once wait for each other. */
export function ensureWebBuilt() {
  if (isBuilt()) return;
  const release = takeLock('web');
  try {
    if (!isBuilt()) build();
  } finally {
    release();
  }
}

function isBuilt() {
  const stamp = join(DIST, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOfSources();
}

/** Beside the old one, then in its place: a gateway that runs never serves half a build. */
function build() {
  process.stderr.write('Building the web UI …\n');
  const digest = digestOfSources();
  vite('--outDir', FRESH, '--emptyOutDir');
  vite('--config', 'vite.verify.config.ts', '--outDir', join(FRESH, 'verify'));
  writeFileSync(join(FRESH, STAMP), digest);
  rmSync(DIST, { recursive: true, force: true });
  renameSync(FRESH, DIST);
}

function vite(...options) {
  const args = [join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn', ...options];
  const { status, error, stdout, stderr } = spawnSync(nodeBinary(), args, { cwd: WEB, encoding: 'utf8' });
  if (error) throw new Error(`The web UI could not be built: ${error.message}`);
  if (status !== 0) throw new Error(`The web UI could not be built.\n${stdout}${stderr}`);
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const path of [join(ROOT, 'package-lock.json'), ...SOURCES.flatMap((name) => filesBelow(join(WEB, name)))]) {
    hash
      .update(`${path.slice(ROOT.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  const entries = readdirOrNothing(path);
  if (entries === undefined) return [path];
  return entries
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => (entry.name.endsWith('.test.ts') ? [] : filesBelow(join(path, entry.name))));
}

function readdirOrNothing(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
