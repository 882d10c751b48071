import type { HttpPlace, PlaceRequest } from '../../http/layer.ts';
import { METADATA_PATH } from '../../http/route.ts';

export interface ResourceMetadataParts {
  /** The authorization server that gives tokens for here: the API, as clients reach it. */
  readonly issuer: () => string;
}

/**
 * Says of each place of the HTTP port who gives tokens for it (RFC 9728, section 3), to whoever asks: it knows no target from
 * a name that is none.
 */
export function resourceMetadata({ issuer }: ResourceMetadataParts): HttpPlace {
  return {
    has: (path) => path === METADATA_PATH || path.startsWith(`${METADATA_PATH}/`),
    serve: async (asked) => {
      const { incoming } = asked;
      const { method } = incoming.head;
      const resource = resourceOf(asked);
      if (method !== 'GET' && method !== 'HEAD') return say(asked, 405, { error: 'this is read with GET' });
      if (resource === undefined) return say(asked, 404, { error: 'this is no place of the port' });
      await say(asked, 200, {
        resource,
        authorization_servers: [issuer()],
        bearer_methods_supported: ['header'],
        resource_name: 'Chaperone',
      });
    },
  };
}

const PLACE = /^\/([th])\/([^/]+)(?:\/.*)?$/s;

/** The place that the metadata is about, as its clients address it. */
function resourceOf({ incoming: { head }, scheme }: PlaceRequest): string | undefined {
  const path = head.target.replace(/\?.*$/s, '').slice(METADATA_PATH.length);
  const origin = `${scheme}://${head.authority}`;
  if (path === '' || path === '/' || path === '/mcp' || path === '/mcp/') return `${origin}/mcp`;
  const [, kind, name = ''] = PLACE.exec(path) ?? [];
  if (!NAME.test(name)) return undefined;
  return kind === 'h' ? `${scheme}://${name}.${head.authority}` : `${origin}/t/${name}`;
}

/** What a target may be called; whether one is, is nothing to say here. */
const NAME = /^[a-z0-9._-]{1,63}$/;

async function say({ incoming }: PlaceRequest, status: number, document: object): Promise<void> {
  const body = Buffer.from(JSON.stringify(document), 'utf8');
  const fields = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ...(status === 405 ? [['allow', 'GET, HEAD'] as const] : []),
  ] as const;
  if (incoming.head.method === 'HEAD') {
    await incoming.respond({ status, fields }, 'none');
    await incoming.end();
    return;
  }
  await incoming.respond({ status, fields }, body.length);
  await incoming.write(body);
  await incoming.end();
}
