/** The everything server as a program: `stdio`, or `http`, which prints its URL. */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { makeEverything, startEverything } from './everything-server.ts';

if (process.argv[2] === 'http') {
  const server = await startEverything();
  process.stdout.write(`${server.url}\n`);
} else {
  process.stderr.write('the everything server is there\n');
  const handle = serveStdio(() => {
    const server = makeEverything({
      toolsChanged: () => void server.server.sendToolListChanged(),
      promptsChanged: () => void server.server.sendPromptListChanged(),
    });
    return server;
  });
  process.once('SIGTERM', () => void handle.close().then(() => process.exit(0)));
}
