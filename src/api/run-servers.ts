import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { WebSocketStream } from '../wire/websocket-stream.ts';
import { grantHolder } from './grant-holder.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import type { Upgrades } from './upgrades.ts';

/** The connection on which the wrapper of a run offers to start a program of its job: an MCP server of the run's own. */
export function runServerRoutes(router: ApiRouter, services: ApiServices, upgrades: Upgrades): void {
  const schema = {
    tags: ['runs'],
    summary: 'Offer an MCP server of the run',
    description:
      'A WebSocket that waits until the gateway needs the server of a target of `transport: run` ' +
      '(`Authorization: DPoP GRANT.SECRET`). What is said first starts it: binary messages are the bytes of its standard ' +
      'input and output, a JSON-RPC message a line. Whoever offers it opens the next one then.',
    params: z.object({ run: z.string().max(100), target: z.string().max(200) }),
    response: { ...problemResponses },
  };
  router.get('/v1/runs/:run/servers/:target', { schema }, async (request, reply) => {
    const holder = await grantHolder(request, services);
    upgrades.check(request);
    const { run, target } = request.params;
    const offering = await services.offerServer(run, target, holder);
    const socket = await upgrades.accept(request, reply);
    if (socket === undefined) return reply;
    const peer = `${request.ip}:${request.socket.remotePort ?? 0}`;
    const { maxClientAheadBytes: maxAheadBytes, carrierMessageBytes: maxMessageBytes, carrierPingMs: pingMs } = LIMITS;
    offering.serve(new WebSocketStream(socket, { peer, maxAheadBytes, maxMessageBytes, pingMs }));
    return reply;
  });
}
