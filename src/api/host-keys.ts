import { z } from 'zod';
import { noteAction, requireScope } from './caller.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/** The key of an SSH host that was kept at its first connection. */
export interface KeptHostKeyView {
  readonly target: string;
  /** As a line of known_hosts, without the name. */
  readonly line: string;
  /** `SHA256:…`, as OpenSSH says it. */
  readonly fingerprint: string;
  readonly firstMetAt: string;
}

export interface HostKeyService {
  list(): Promise<readonly KeptHostKeyView[]>;
  /** SHA-256 of the line, hex, as `host.met` has it; undefined where none is kept. */
  digest(target: string): Promise<string | undefined>;
  /** False where none is kept. */
  forget(target: string): Promise<boolean>;
}

const keptSchema = z.object({
  target: z.string(),
  line: z.string().describe('As a line of known_hosts, without the name.'),
  fingerprint: z.string(),
  firstMetAt: z.string(),
});

/** Keys of SSH hosts that are trusted from their first connection on (`hostKeys: firstUse`). */
export function hostKeyRoutes(router: ApiRouter, services: ApiServices): void {
  const listSchema = {
    tags: ['targets'],
    summary: 'List kept host keys',
    description: 'Of SSH targets whose host is trusted from its first connection on.',
    response: { 200: z.object({ hostKeys: z.array(keptSchema) }), ...problemResponses },
  };
  router.get('/v1/host-keys', { schema: listSchema }, async (request) => {
    await requireScope(request, services, 'targets:read');
    return { hostKeys: [...(await services.hostKeys.list())] };
  });

  const schema = {
    tags: ['targets'],
    summary: 'Forget a kept host key',
    description: 'The key of the next connection is kept in its place: for a host that has a new one for a reason.',
    params: z.object({ target: z.string().max(200) }),
    response: { 200: z.object({ target: z.string(), deleted: z.literal(true) }), ...problemResponses },
  };
  router.delete('/v1/host-keys/:target', { schema }, async (request) => {
    const caller = await requireScope(request, services, 'configuration:write');
    const { target } = request.params;
    const digest = await services.hostKeys.digest(target);
    // A name that a key is kept for is one of the configuration, now or then.
    const noted = digest === undefined ? { target: 'none' } : { target, digest };
    await noteAction(services, caller, 'host-key.delete', noted);
    if (!(await services.hostKeys.forget(target))) {
      throw new HttpProblem(404, `No host key is kept for a target named ${target}`);
    }
    return { target, deleted: true as const };
  });
}
