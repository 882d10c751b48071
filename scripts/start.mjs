/** `npm start`: installs what is missing, then starts the gateway with its demo. Runs on Node 18 with nothing installed. */
import { runMain } from '../bin/exec-node.mjs';
import { ensureInstalled, nodeBinary } from './lib/ensure.mjs';

try {
  ensureInstalled();
  await runMain(['start', '--demo', ...process.argv.slice(2)], nodeBinary());
} catch (error) {
  process.stderr.write(`chaperone: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}
