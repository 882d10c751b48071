/**
 * Runs `src/main.ts` on a Node that runs TypeScript as it is (24.15 or newer). Plain JavaScript on Node 18, with
 * nothing installed; `bin/chaperone.mjs` and `scripts/start.mjs` share it.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { forgetEnviron } from './forget-environ.mjs';

/**
 * For the gateway alone: a young generation of a fixed size, no helper threads to collect it, and what is said of
 * `BULK_FLAG` (docs/internals/performance.md).
 */
const GATEWAY_FLAGS = createRequire(import.meta.url)('./gateway-flags.json');
const MINIMUM_NODE = [24, 15];
const MAIN = new URL('../src/main.ts', import.meta.url);
/** For whatever moves bulk: bytes outside of the heap count with it (docs/internals/performance.md). */
const BULK_FLAG = '--external-memory-accounted-in-global-limit';
/** Commands that start others, and carry what those say. */
const CARRYING = new Set(['run', 'connect']);
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/**
 * Runs the program with these arguments: in this process where its Node is new enough, else (and for the gateway, which
 * has flags of its own) in a child, whose signals and exit status pass through.
 */
export async function runMain(args, node = packagedNode()) {
  const isGateway = args[0] === 'start';
  const carries = CARRYING.has(args[0]);
  if (isNewEnough() && !isGateway) {
    if (carries) setFlagsFromString(BULK_FLAG);
    process.argv.splice(1, process.argv.length, fileURLToPath(MAIN), ...args);
    await import(MAIN.href);
    return;
  }
  const runner = isNewEnough() ? process.execPath : node;
  if (runner === undefined) {
    process.stderr.write(
      `chaperone: Node ${MINIMUM_NODE.join('.')} or newer is needed; this one is ${process.versions.node}.\n` +
        'Run `npm install` in the project, which brings its own Node, or install Node 24.\n',
    );
    process.exit(69);
  }
  const flags = isGateway ? GATEWAY_FLAGS : carries ? [BULK_FLAG] : [];
  becomeNode(runner, [...flags, fileURLToPath(MAIN), ...args], carries);
}

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}

/** The Node of the npm package `node` beside us, or undefined where it is not installed. */
function packagedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    // Not installed, or no binary for this platform; the caller says what to do.
    return undefined;
  }
}

function becomeNode(node, args, forgets) {
  const child = spawn(node, args, { stdio: 'inherit' });
  // This process only waits, and stands above a command that must not read what mints tokens in it.
  if (forgets) forgetEnviron();
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`chaperone: ${node} could not be started: ${error.message}\n`);
    process.exit(69);
  });
  child.on('exit', (status, signal) => {
    if (signal === null) process.exit(status ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}
