import { createHash } from 'node:crypto';
import type { HeldRequest } from '../model/held-request.ts';
import type { Body } from '../model/request.ts';
import { digestOf } from '../policy/canonical-json.ts';

/**
 * What an approval is bound to: SHA-256, hex, over the RFC 8785 form of who asks, in which run, what, where, what it was
 * found to do, what its meaning hangs on, and the policies that asked. Whatever of it changes makes another request.
 */
export function requestDigest({ principal, target, request, permit }: HeldRequest, body: Body): string {
  return digestOf({
    v: 1,
    principal: principal.id,
    run: principal.run.id,
    target: {
      name: target.name,
      protocol: target.protocol,
      host: target.address.host,
      port: target.address.port,
      database: target.database,
      // A program has no address: what is started is what stands there.
      ...(target.mcp === undefined ? {} : { transport: target.mcp.transport }),
    },
    media: body.media,
    body: createHash('sha256')
      .update(request.same?.() ?? body.bytes)
      .digest('hex'),
    operations: request.operations,
    context: request.context?.() ?? {},
    policy: permit.policy,
  });
}
