import { Readable } from 'node:stream';
import { z } from 'zod';
import { makePack, type OpenPack } from '../audit/pack/make-pack.ts';
import { readControl, readSpan } from '../audit/pack/span.ts';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { noteAction, requireScope } from './caller.ts';
import { HttpProblem } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const WHEN = 'A date (UTC) or an RFC 3339 time.';

/** The auditor's pack of a span: one file, made for whoever asks, and in the log before it is. */
export function auditPackRoutes(router: ApiRouter, services: ApiServices): void {
  let making = 0;
  // A zip: the schema of a response describes JSON, so there is none here.
  const schema = {
    tags: ['evidence'],
    summary: "Make an auditor's pack",
    description:
      'One file (`application/zip`): every run of the span with the proof that none is missing, a drawn sample of evidence bundles, and what goes with them. Verified by `chaperone verify`. It verifies the whole log, so it takes its time. For whoever may read recordings: the sample has them.',
    body: z.object({
      from: z.string().max(40).describe(WHEN),
      to: z.string().max(40).describe(`${WHEN} A date is meant whole; a time is not included.`),
      control: z.string().max(40).describe('As docs/reference/controls.md names it: `PCI-10.2`.'),
      sample: z.number().int().min(0).max(LIMITS.auditPackSamples).default(5).describe('How many runs to draw.'),
      bodies: z.enum(['withheld', 'included']).default('included').describe('`withheld`: samples without bodies.'),
    }),
  };
  router.post('/v1/audit-packs', { schema }, async (request, reply) => {
    const caller = await requireScope(request, services, 'recordings:read');
    const { from, to, sample } = request.body;
    const asked = asProblem(() => {
      return { control: readControl(request.body.control), span: readSpan(from, to, services.nowMs()), sample };
    });
    if (making >= LIMITS.auditPacksAtOnce) {
      reply.header('retry-after', 10);
      throw new HttpProblem(429, 'Another pack is being made', { code: 'rate-limited', hint: 'Again in a moment.' });
    }
    making++;
    const left = new AbortController();
    const leave = () => left.abort();
    request.raw.socket.once('close', leave);
    try {
      const withholds = request.body.bodies === 'withheld' ? 'asked' : undefined;
      const detail = { what: asked.control.id, files: sample, texts: withholds === undefined };
      await noteAction(services, caller, 'audit.export', detail);
      const pack = await makePack(services.evidence.packSources(withholds), { ...asked, signal: left.signal });
      making++;
      return await reply
        .type('application/zip')
        .header('content-length', pack.bytes)
        .header('content-disposition', `attachment; filename="${fileName(asked)}"`)
        .header('x-pack-runs', pack.runs)
        .header('x-pack-samples', pack.samples)
        .send(sent(pack, services, () => making--));
    } catch (cause) {
      if (cause instanceof Fault && cause.code === 'config-invalid') throw unusable(cause);
      throw cause;
    } finally {
      making--;
      request.raw.socket.off('close', leave);
    }
  });
}

/** What is sent keeps its place, and its samples, until it is sent or nobody reads it. */
function sent(pack: OpenPack, services: ApiServices, done: () => void): Readable {
  const stream = Readable.from(pack.stream());
  const idle = setTimeout(() => stream.destroy(), LIMITS.apiRequestDeadlineMs).unref();
  stream.on('data', () => idle.refresh());
  stream.pause();
  stream.once('close', () => {
    clearTimeout(idle);
    done();
    Promise.resolve(pack[Symbol.asyncDispose]()).catch(services.onFault);
  });
  return stream;
}

function asProblem<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Fault) throw unusable(cause);
    throw cause;
  }
}

function unusable(cause: Fault): HttpProblem {
  return new HttpProblem(400, 'This pack cannot be made', { detail: cause.message });
}

function fileName({
  control,
  span,
}: {
  readonly control: { readonly id: string };
  readonly span: { from: string; to: string };
}): string {
  const safe = control.id.replaceAll(/[^\w.-]/gu, '-');
  return `${safe}_${span.from.slice(0, 10)}_${span.to.slice(0, 10)}.audit.zip`;
}
