import type { RecordedEvent, SessionView, StatementView } from '../src/api/types.ts';
import { EventPen, exchangeOf, recordingOf } from './recordings.ts';
import { type Route, route } from './route.ts';
import type { World } from './world.ts';

const EVERY_MS = 1500;

/** `GET /v1/sessions/:session/follow`: what was recorded, then a new exchange every other second until it is ended. */
export function followRoute(world: World, find: (id: string | undefined) => SessionView): Route {
  return route('GET', '/v1/sessions/:session/follow', ({ parts: [id], response }) => {
    const session = find(id);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const send = (event: RecordedEvent) => response.write(`event: event\ndata: ${JSON.stringify(event)}\n\n`);
    const known = [...recordingOf(world, session)];
    for (const event of known) send(event);
    const last = known.at(-1);
    let seq = (last?.seq ?? 0) + 1;
    let mono = Number(last?.mono ?? 0);
    let exchange = known.filter(({ kind }) => kind === 'request').length;
    const like = world.statements.filter(({ session: of }) => of === session.id);

    function goOn(): void {
      if (!session.live) {
        response.end('event: end\ndata: {}\n\n');
        return;
      }
      exchange += 1;
      const pen = new EventPen({ ...session, openedAt: session.openedAt });
      for (const event of exchangeOf(pen, { ...(like[exchange % like.length] as StatementView), exchange })) {
        mono += 20_000;
        send({ ...event, seq: seq++, mono: String(mono + EVERY_MS * 1000) });
      }
      mono += EVERY_MS * 1000;
    }
    const timer = setInterval(goOn, EVERY_MS);
    // The request was read to its end before: only the answer tells when whoever follows has left.
    response.on('close', () => clearInterval(timer));
  });
}
