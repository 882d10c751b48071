import type { IncomingMessage, ServerResponse } from 'node:http';
import { approvalRoutes } from './approvals.ts';
import { budgetRoutes } from './budgets.ts';
import { channelRoutes } from './channels.ts';
import { configurationRoutes } from './configuration.ts';
import { definitionRoutes } from './definitions.ts';
import { evidenceRoutes } from './evidence.ts';
import { exportRoutes } from './exports.ts';
import { gatewayRoutes } from './gateway.ts';
import { givenTargetRoutes } from './given-targets.ts';
import { logRoutes } from './log.ts';
import { peopleRoutes } from './people.ts';
import { retentionRoutes } from './retention.ts';
import { Answered, type Route } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { tokenRoutes } from './tokens.ts';
import { makeWorld } from './world.ts';

/** All routes, over one made-up world. Resolves to false for a path that is none of the API's. */
export function mockApi(): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const world = makeWorld(Date.now());
  const routes: readonly Route[] = [
    ...gatewayRoutes(world),
    ...approvalRoutes(world),
    ...sessionRoutes(world),
    ...evidenceRoutes(world),
    ...budgetRoutes(world),
    ...givenTargetRoutes(world),
    ...definitionRoutes(world),
    ...configurationRoutes(world),
    ...peopleRoutes(world),
    ...retentionRoutes(world),
    ...tokenRoutes(world),
    ...channelRoutes(world),
    ...exportRoutes(world),
    ...logRoutes(world),
  ];
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock.invalid');
    if (!/^\/(?:v1\/|openapi\.json$)/.test(url.pathname)) return false;
    const body = await bodyOf(request);
    for (const route of routes) {
      if (route.method !== request.method) continue;
      const match = route.path.exec(url.pathname);
      if (match === null) continue;
      const parts = match.slice(1).map(decodeURIComponent);
      await answer(response, () => route.answer({ parts, query: url.searchParams, body, request, response }));
      return true;
    }
    send(response, 404, { type: 'about:blank', title: 'There is nothing here', status: 404 });
    return true;
  };
}

async function answer(response: ServerResponse, make: () => unknown): Promise<void> {
  try {
    const value = await make();
    if (!response.headersSent) send(response, value === undefined ? 204 : 200, value);
  } catch (error) {
    if (!(error instanceof Answered)) throw error;
    send(response, error.status, error.body);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': type });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text === '' ? undefined : JSON.parse(text);
}
