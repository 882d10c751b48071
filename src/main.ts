/** The program. Each command lives in cli/; for `start` the gateway and the API, which know nothing of one another, meet here. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runProgram } from './cli/program.ts';

// A third of what a command takes is compiling. Beside the code and not in /tmp, where another user could have been first.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/chaperone', import.meta.url)));

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// Whoever reads the output may leave: a gateway goes on without them, a command has nobody left to tell.
const SIGPIPE_STATUS = 141;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (process.argv[2] !== 'start') process.exit(SIGPIPE_STATUS);
  });
}

await runProgram(process.argv.slice(2), {
  version,
  start: async (options) => {
    // Loaded for a start alone: no other command waits for a parser, a store and a server.
    const [{ runGateway }, { openApi }] = await Promise.all([
      import('./cli/start/run-gateway.ts'),
      import('./api/open-api.ts'),
    ]);
    const webDirectory = fileURLToPath(new URL('../web/dist', import.meta.url));
    await runGateway(options, {
      version,
      openApi: (parts, listening) => openApi(parts, { ...listening, webDirectory }),
      env: process.env,
      nowMs: Date.now,
    });
  },
});
