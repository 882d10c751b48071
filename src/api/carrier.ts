import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { readSshKeyLine, sshFingerprint } from '../model/ssh-key.ts';
import type { ScramKeys } from '../protocols/protocol.ts';
import { WebSocketStream } from '../wire/websocket-stream.ts';
import { grantHolder } from './grant-holder.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import type { Upgrades } from './upgrades.ts';

/**
 * One connection to a target inside a WebSocket, for who cannot or should not reach its native port. Its opener proves a
 * grant and the key of it, and says by which keys clients of its own listener must prove themselves (RFC 5802).
 */
export function carrierRoutes(router: ApiRouter, services: ApiServices, upgrades: Upgrades): void {
  const schema = {
    tags: ['runs'],
    summary: 'Carry a connection',
    description:
      'A WebSocket whose binary messages are the bytes of one connection to the target; an empty one ends its direction. ' +
      '`Authorization: DPoP GRANT.SECRET` with a proof of the key that the grant is bound to (RFC 9449); `Chaperone-Login` ' +
      "are the SCRAM keys of the local listener's password, as PostgreSQL writes them. `Chaperone-SSH-Key` is the public key " +
      'that a client of SSH proves there instead.',
    params: z.object({ target: z.string().max(200) }),
    response: { ...problemResponses },
  };
  router.get('/v1/carrier/:target', { schema }, async (request, reply) => {
    const holder = await grantHolder(request, services);
    upgrades.check(request);
    const entering = await services.openCarrier(holder, request.params.target);
    const keys = loginKeys(request.headers['chaperone-login']);
    const sshKey = sshKeyOf(request.headers['chaperone-ssh-key']);
    const listener = request.headers['chaperone-listener'] === 'unix' ? 'unix' : 'tcp';
    const socket = await upgrades.accept(request, reply);
    if (socket === undefined) return reply;
    const peer = `${request.ip}:${request.socket.remotePort ?? 0}`;
    const { maxClientAheadBytes: maxAheadBytes, carrierMessageBytes: maxMessageBytes, carrierPingMs: pingMs } = LIMITS;
    const settings = { peer, maxAheadBytes, maxMessageBytes, pingMs };
    void entering.serve(new WebSocketStream(socket, settings), { keys, sshKey, asserted: { listener } });
    return reply;
  });
}

/** A public key as in `id_ed25519.pub`, which clients of the listener prove. Throws the problem 400. */
function sshKeyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const blob = typeof header === 'string' ? readSshKeyLine(header) : undefined;
  if (blob === undefined) throw new HttpProblem(400, 'The SSH key of the listener (Chaperone-SSH-Key) cannot be read');
  return sshFingerprint(blob);
}

/** `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey` (PostgreSQL manual, 52.8, pg_authid). Throws the problem 400. */
function loginKeys(header: string | readonly string[] | undefined): ScramKeys {
  const [, iterations = '', ...encoded] = VERIFIER.exec(String(header)) ?? [];
  const [salt, storedKey, serverKey] = encoded.map((text) => Buffer.from(text, 'base64'));
  if (
    !salt ||
    salt.length < 16 ||
    storedKey?.length !== 32 ||
    serverKey?.length !== 32 ||
    Number(iterations) < LIMITS.minScramIterations ||
    Number(iterations) > LIMITS.maxScramIterations
  ) {
    throw new HttpProblem(400, 'The keys of the listener (Chaperone-Login) cannot be read');
  }
  return { salt, iterations: Number(iterations), storedKey, serverKey };
}

const VERIFIER =
  /^SCRAM-SHA-256\$([1-9]\d{3,6}):([A-Za-z0-9+/]{22,88}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;
