import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OpenBundle } from '../audit/bundle/evidence-service.ts';
import { LIMITS } from '../model/limits.ts';
import { noteAction, requireScope } from './caller.ts';
import { evidenceKeysSchema, evidenceStateSchema } from './evidence-schemas.ts';
import { presentedTicket } from './evidence-tickets.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const params = z.object({ run: z.string().max(100) });
const tags = ['evidence'];

/** The evidence of runs: what there is of it, the bundle, and the keys that it says it is signed with. */
export function evidenceRoutes(router: ApiRouter, services: ApiServices): void {
  bundleRoute(router, services);
  const state = {
    tags,
    summary: 'Show what evidence there is of a run',
    description: 'Whether it is complete, and if not why; what stamped and witnessed it. Nothing of it is handed out.',
    params,
    response: { 200: evidenceStateSchema, ...problemResponses },
  };
  router.get('/v1/runs/:run/evidence/state', { schema: state }, async (request) => {
    await requireScope(request, services, 'sessions:read');
    const { run } = request.params;
    const found = RUN_ID.test(run) ? await services.evidence.state(run) : undefined;
    if (!found) throw await notHere(run, services);
    return { ...found, why: [...found.why], timestamps: [...found.timestamps] };
  });

  const keys = {
    tags,
    summary: 'Show the keys of this gateway’s evidence',
    description:
      'As the gateway says them: whoever verifies takes them from elsewhere, or compares them with what is kept.',
    response: { 200: evidenceKeysSchema, ...problemResponses },
  };
  router.get('/v1/evidence/keys', { schema: keys }, async (request) => {
    await requireScope(request, services, 'log:read');
    const { auditors, ...rest } = services.evidence.keys();
    return { ...rest, auditors: [...auditors] };
  });
}

const RUN_ID = /^[A-Za-z0-9_-]{1,100}$/;

function bundleRoute(router: ApiRouter, services: ApiServices): void {
  let sending = 0;
  // A zip: the schema of a response describes JSON, so there is none here.
  const schema = {
    tags,
    summary: 'Fetch the evidence of a run',
    description:
      'One file (`application/zip`), the same bytes each time once the run is closed. Whoever may read recordings gets the bodies with their key; a job that closed its run presents the ticket of that answer as a bearer token, once.',
    params,
    querystring: z.object({
      bodies: z.enum(['withheld', 'included']).optional().describe('`withheld`: without what was sent and answered.'),
    }),
  };
  router.get('/v1/runs/:run/evidence', { schema }, async (request, reply) => {
    const { run } = request.params;
    const { withholds, failed } = await admit(request, services);
    if (sending >= LIMITS.evidenceDownloadsAtOnce) {
      failed();
      reply.header('retry-after', 5);
      throw new HttpProblem(429, 'Too many bundles are being fetched', { code: 'rate-limited', hint: 'Again in 5 s.' });
    }
    sending++;
    const left = new AbortController();
    const leave = once((isWhole: boolean) => {
      sending--;
      left.abort();
      if (!isWhole) failed();
    });
    try {
      const bundle = RUN_ID.test(run)
        ? await services.evidence.open(run, { withholds, signal: left.signal })
        : undefined;
      if (!bundle) throw await notHere(run, services);
      const stream = Readable.from(bundle.stream());
      stream.once('close', () => leave(stream.readableEnded));
      // Who does not read what they fetch gives the place to another.
      reply.raw.setTimeout(LIMITS.apiRequestDeadlineMs, () => stream.destroy());
      return await sendBundle(reply, bundle, stream);
    } catch (problem) {
      leave(false);
      throw problem;
    }
  });
}

function once<Argument>(act: (argument: Argument) => void): (argument: Argument) => void {
  let done = false;
  return (argument) => {
    if (!done) act(argument);
    done = true;
  };
}

interface Admitted {
  readonly withholds: 'role' | 'asked' | undefined;
  /** To be called where the answer does not reach its end. */
  readonly failed: () => void;
}

/** Who may fetch it, and what of it; in the audit log before anything leaves. */
async function admit(
  request: FastifyRequest<{ Params: { run: string }; Querystring: { bodies?: 'withheld' | 'included' | undefined } }>,
  services: ApiServices,
): Promise<Admitted> {
  const { run } = request.params;
  const asked = request.query.bodies === 'withheld' ? 'asked' : undefined;
  const ticket = presentedTicket(request.headers.authorization);
  if (ticket === undefined) {
    const caller = await requireScope(request, services, 'sessions:read');
    const withholds = caller.scopes.has('recordings:read') ? asked : 'role';
    await noteAction(services, caller, 'evidence.fetch', { run, texts: withholds === undefined });
    return { withholds, failed: () => undefined };
  }
  const failed = services.evidence.tickets.use(ticket, run);
  if (failed === undefined) {
    throw new HttpProblem(401, 'This ticket is not good, or was used', {
      hint: 'It fetches the evidence of the run that its job closed, once, within ten minutes. An auditor can fetch it at any time.',
    });
  }
  const withholds = services.evidence.bodiesForJobs ? asked : 'role';
  const detail = { by: 'gateway', action: 'evidence.fetch', how: 'job', run, texts: withholds === undefined };
  await services.audit.note({ kind: 'operator.action', detail });
  return { withholds, failed };
}

function sendBundle(reply: FastifyReply, bundle: OpenBundle, stream: Readable): FastifyReply {
  return reply
    .type('application/zip')
    .header('content-length', bundle.bytes)
    .header('content-disposition', `attachment; filename="${bundle.run}.evidence.zip"`)
    .header('x-evidence-digest', bundle.digest)
    .header('x-evidence-complete', String(bundle.complete))
    .send(stream);
}

/** Gateways that share a store know of one another's runs; the evidence is with those that recorded them. */
async function notHere(run: string, services: ApiServices): Promise<HttpProblem> {
  if (!(await services.runs.exists(run))) return new HttpProblem(404, 'There is no such run');
  const { signing } = await services.log.status();
  if (signing.fault !== undefined && signing.signed < signing.durable) {
    return new HttpProblem(
      503,
      'There is no evidence of the run yet: the end of the log waits for the key that signs it',
      {
        code: 'signer-unavailable',
        hint: 'What was recorded is kept, and the evidence is made once the key signs again. Why it does not: chaperone keys.',
      },
    );
  }
  return new HttpProblem(404, 'This gateway recorded nothing of the run', {
    hint: 'Ask the gateway that served its sessions (--url).',
  });
}
