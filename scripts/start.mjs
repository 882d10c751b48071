/** `npm start`: installs and builds what is missing, then starts the gateway with its demo. Runs on Node 18 with nothing installed. */
import { runMain } from '../bin/exec-node.mjs';
import { ensureInstalled, nodeBinary } from './lib/ensure.mjs';
import { ensureWebBuilt } from './lib/web.mjs';

try {
  endWithParent();
  ensureInstalled();
  buildWeb();
  await runMain(['start', '--demo', ...process.argv.slice(2)], nodeBinary());
} catch (error) {
  process.stderr.write(`chaperone: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}

/** Without its web UI the gateway does all else, and the pages say what is missing. */
function buildWeb() {
  try {
    ensureWebBuilt();
  } catch (error) {
    process.stderr.write(`chaperone: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** npm's signals reach us, for `npm start` replaces its shell; where npm itself is killed, its end is our signal to drain. */
function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}
