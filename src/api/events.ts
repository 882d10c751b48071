import { requireScope } from './caller.ts';
import { replyWith } from './event-stream.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** What happens, as it happens, told to those who may know. */
export function eventRoutes(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['events'],
    summary: 'Listen to what happens',
    description:
      'Server-sent events: approvals, sessions and configuration that changed, each told to those who may see what it names. `Last-Event-ID` gets what was missed, or `{"type":"refresh"}` where that is not known any more: load anew what is shown.',
  };
  router.get('/v1/events', { schema }, async (request, reply) => {
    const again = () => requireScope(request, services, LISTENS);
    const caller = await again();
    const last = request.headers['last-event-id'];
    return replyWith(reply, services.feed.listen(caller, again, Array.isArray(last) ? last[0] : last));
  });
}

/** Whoever may know of anything that is told. */
const LISTENS = ['overview:read', 'approvals:answer', 'approvals:read', 'sessions:read', 'configuration:read'] as const;
