import { once } from 'node:events';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { SessionEvidence } from '../audit/read/session-evidence.ts';
import { noteAction, requireScope } from './caller.ts';
import { queryFlag } from './paging.ts';
import { HttpProblem } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import type { FollowStep } from './session-events.ts';

const params = z.object({ session: z.string().max(100) });
const decoding = z.object({
  decoded: queryFlag
    .default(false)
    .describe('True to add `decoded` to replies: their rows and notices; and `messages`, those of gRPC as JSON.'),
});

/** What a session did: its recording, the same while it happens, and the evidence of it. Each look is in the log. */
export function sessionRecordRoutes(router: ApiRouter, services: ApiServices): void {
  recordingRoute(router, services);
  followRoute(router, services);
  evidenceRoute(router, services);
}

function recordingRoute(router: ApiRouter, services: ApiServices): void {
  // Lines of JSON: the schema of a response describes one JSON value, so there is none here.
  const schema = {
    tags: ['sessions'],
    summary: 'Read a recording',
    description:
      'JSON lines (`application/jsonl`), an event each, as the log has them, with their bodies opened (base64).',
    params,
    querystring: decoding,
  };
  router.get('/v1/sessions/:session/recording', { schema }, async (request, reply) => {
    const caller = await requireScope(request, services, 'recordings:read');
    const { session } = request.params;
    await noteAction(services, caller, 'recording.read', { session });
    const recording = await services.recordings.recording(session, request.query);
    if (!recording) throw await notRecordedHere(session, services);
    return reply
      .type('application/jsonl; charset=utf-8')
      .header('content-disposition', `inline; filename="${fileName(session)}.jsonl"`)
      .send(Readable.from(withLineFeeds(recording)));
  });
}

function followRoute(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['sessions'],
    summary: 'Follow a session',
    description:
      'Server-sent events: each event of the recording as one named `event`, from the first on, as soon as it is recorded; then `end`. `Last-Event-ID` leaves out what was told before.',
    params,
    querystring: decoding,
  };
  router.get('/v1/sessions/:session/follow', { schema }, async (request, reply) => {
    const again = () => requireScope(request, services, 'recordings:read');
    const caller = await again();
    const { session } = request.params;
    const leave = services.listeners.take(caller.name);
    try {
      await noteAction(services, caller, 'recording.follow', { session });
      const left = new AbortController();
      const after = Number(request.headers['last-event-id'] ?? -1);
      const { decoded } = request.query;
      const options = { decoded, after: Number.isSafeInteger(after) ? after : -1, signal: left.signal };
      const steps = await services.recordings.follow(session, options);
      if (!steps) throw await notRecordedHere(session, services);
      const stream = Readable.from(asEvents(steps, again));
      void once(stream, 'close').finally(() => {
        left.abort();
        leave();
      });
      return await reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
    } catch (problem) {
      leave();
      throw problem;
    }
  });
}

async function* asEvents(steps: AsyncIterable<FollowStep>, again: () => Promise<unknown>): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  for await (const step of steps) {
    switch (step.kind) {
      case 'event':
        yield `event: event\nid: ${step.seq}\ndata: ${JSON.stringify(step.event)}\n\n`;
        break;
      case 'quiet':
        // Who may not look any more is cut off; coming again, they are told why.
        if (!(await again().then(yes, no))) return;
        yield ': \n\n';
        break;
      case 'end':
        yield 'event: end\ndata: {}\n\n';
        break;
      default:
        step satisfies never;
    }
  }
}

function evidenceRoute(router: ApiRouter, services: ApiServices): void {
  const schema = {
    tags: ['sessions'],
    summary: 'Evidence of a session',
    description:
      'All that one needs to check a session alone: its lines, the salted bodies that they commit to, the entry of the log that seals it with its inclusion proof, the checkpoint, and the key that signs it. Bodies are there for those who may read recordings.',
    params,
  };
  router.get('/v1/sessions/:session/evidence', { schema }, async (request, reply) => {
    const caller = await requireScope(request, services, 'sessions:read');
    const { session } = request.params;
    await noteAction(services, caller, 'evidence.read', { session });
    const bodies = caller.scopes.has('recordings:read');
    const evidence = await services.recordings.evidence(session, { bodies });
    if (!evidence) throw await notRecordedHere(session, services);
    return reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', `inline; filename="${fileName(session)}-evidence.json"`)
      .send(Readable.from(evidenceJson(evidence)));
  });
}

/** One JSON object, written as it is read: a session may be longer than memory. */
async function* evidenceJson({ lines, ...rest }: SessionEvidence): AsyncGenerator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"lines":[`;
  let comma = '';
  for await (const line of lines) {
    yield comma + JSON.stringify(line);
    comma = ',\n';
  }
  yield ']}';
}

/** Gateways that share a store list the sessions of all; the recording of one is with the gateway that served it. */
async function notRecordedHere(id: string, services: ApiServices): Promise<HttpProblem> {
  const session = await services.recordings.session(id);
  if (!session) return new HttpProblem(404, 'There is no such session');
  return new HttpProblem(404, 'The recording of this session is not on this gateway', {
    hint: `Ask the gateway that served it (--url): its log is named ${session.gateway ?? 'otherwise'}.`,
  });
}

async function* withLineFeeds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

function fileName(session: string): string {
  return session.replaceAll(/[^\w-]/g, '');
}

const yes = () => true;
const no = () => false;
