import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { keepAlive } from '../wire/websocket-keep-alive.ts';
import { grantHolder } from './grant-holder.ts';
import { problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import type { Upgrades } from './upgrades.ts';

/** RFC 6455, 7.4.2: codes of an application's own. */
export const RUN_OVER = 4001;

/** The connection that says that a run's wrapper is there: it carries nothing but its own end. */
export function attachRoutes(router: ApiRouter, services: ApiServices, upgrades: Upgrades): void {
  const schema = {
    tags: ['runs'],
    summary: 'Attach a run',
    description:
      'A WebSocket that whoever holds the run keeps open while it goes on (`Authorization: DPoP GRANT.SECRET`). Where it ' +
      `breaks and does not come back, the gateway closes the run as \`clientLost\`. Close code ${RUN_OVER}: the run is over.`,
    params: z.object({ run: z.string().max(100) }),
    response: { ...problemResponses },
  };
  router.get('/v1/runs/:run/attach', { schema }, async (request, reply) => {
    const holder = await grantHolder(request, services);
    upgrades.check(request);
    const attachment = await services.attachRun(request.params.run, holder);
    const socket = await upgrades.accept(request, reply);
    if (socket === undefined) {
      attachment.lost();
      return reply;
    }
    keepAlive(socket, LIMITS.carrierPingMs);
    socket.on('error', () => socket.terminate());
    // Nothing is said here by the client: whoever talks is not the wrapper.
    socket.on('message', () => socket.terminate());
    const stop = attachment.onOver(() => socket.close(RUN_OVER, 'the run is over'));
    socket.once('close', () => {
      stop();
      attachment.lost();
    });
    return reply;
  });
}
