import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the build puts what carries a hash of its content in its name. */
export const ASSETS = '/assets/';
const YEAR_SECONDS = 31_536_000;

/** Paths that belong to programs: none of them is ever a page. */
const API_PATHS = /^\/(?:v1|oauth|healthz|readyz|metrics|openapi\.json)(?:[/?]|$)/;

/** True for what a browser loads to show the UI: its files, and any page of it. */
export function isWebRequest(request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && !API_PATHS.test(request.url);
}

/** Answers a request for a page of the UI; undefined where it is for something else. */
export type PageHandler = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/**
 * Serves the built web UI: its hashed files for ever, compressed where the build compressed them, and `index.html` for
 * every path that a browser asks as a page (the UI's own router takes it from there); at `/verify` the page that verifies
 * bundles. Where nothing was built, pages say how to.
 */
export async function webFiles(app: FastifyInstance, directory: string | undefined): Promise<PageHandler> {
  if (directory === undefined || !existsSync(join(directory, 'index.html'))) return notBuilt;
  const verifyPolicy = ownPolicy(join(directory, VERIFY_PAGE));
  await app.register(fastifyStatic, {
    root: directory,
    index: false,
    redirect: false,
    preCompressed: true,
    cacheControl: false,
    schemaHide: true,
    // The build's own notes: which sources it is of, what is in which file.
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      const within = path.slice(directory.length);
      reply.header('cache-control', cachingOf(within));
      if (verifyPolicy !== undefined && within.startsWith(VERIFY_PAGE)) {
        reply.header('content-security-policy', verifyPolicy);
      }
    },
  });
  if (verifyPolicy !== undefined) {
    app.get('/verify', { schema: { hide: true } }, (_request, reply) => reply.sendFile(VERIFY_PAGE));
  }
  // The folder itself is no file, and would be refused.
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.sendFile('index.html'));
  return (request, reply) => {
    if (!isPage(request)) return undefined;
    return reply.sendFile('index.html');
  };
}

/** The page that verifies bundles: one file, which has its script and its style in it. */
const VERIFY_PAGE = '/verify/index.html';

/** The Content-Security-Policy that a page brings along, by which its own script may run; undefined where it has none. */
function ownPolicy(page: string): string | undefined {
  if (!existsSync(page)) return undefined;
  const meta = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/u.exec(readFileSync(page, 'utf8'));
  return meta?.[1] && `${meta[1]}; frame-ancestors 'none'`;
}

/** `path` is within the folder, with its leading slash. A page that was kept would name files of a build that is gone. */
function cachingOf(path: string): string {
  if (path.startsWith(ASSETS)) return `public, max-age=${YEAR_SECONDS}, immutable`;
  return path.startsWith('/index.html') ? 'no-store' : 'no-cache';
}

function isPage(request: FastifyRequest): boolean {
  if (!isWebRequest(request) || request.url.startsWith(ASSETS)) return false;
  return (request.headers.accept ?? '').includes('text/html');
}

function notBuilt(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (!isPage(request)) return undefined;
  return reply.code(503).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(NOT_BUILT);
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Chaperone: the web UI is not built</title></head>
<body>
<h1>The gateway runs; its web UI is not built</h1>
<p>In the folder of the project: <code>npm run build -w web</code>, and load this page again. The API is at
<a href="/openapi.json">/openapi.json</a>; the command line needs no UI: <code>chaperone --help</code>.</p>
</body>
</html>
`;
