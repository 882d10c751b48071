import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { CONTENT_SECURITY_POLICY } from '../../src/api/security-headers.ts';
import { mockApi } from '../../web/mock/api.ts';
import { ROOT } from './source-tree.ts';

const DIST = join(ROOT, 'web', 'dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface WebServer extends AsyncDisposable {
  readonly url: string;
}

/** The built web UI over the made-up API, with the gateway's own Content-Security-Policy: for tests of pages alone. */
export async function startWebServer(dist: string = DIST): Promise<WebServer> {
  // All of it now: whoever builds anew meanwhile does not pull the files from under a test.
  const files = filesOf(dist);
  if (!files.has('/index.html')) throw new Error('The web UI is not built: npm run build -w web');
  const answer = mockApi();
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    answer(request, response).then(
      (answered) => (answered ? undefined : sendFile(files, request, response)),
      (fault: unknown) => response.destroy(fault as Error),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function sendFile(files: ReadonlyMap<string, Buffer>, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://test.invalid');
  const path = files.has(pathname) ? pathname : '/index.html';
  response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
  response.end(files.get(path));
}

function filesOf(dist: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(dist.length), readFileSync(path)]));
}
