import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';
import { key } from './queries.ts';
import type { LiveEvent } from './types.ts';

export type Liveness = 'connecting' | 'live' | 'lost';

/** What the tabs of one browser tell one another. */
type Message =
  | { readonly kind: 'event'; readonly event: LiveEvent | Opened }
  | { readonly kind: 'liveness'; readonly liveness: Liveness }
  | { readonly kind: 'hello' };

/** The stream of these tabs is open for the first time, or another tab's after one that is gone. */
interface Opened {
  readonly type: 'opened';
}

const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
const NAME = 'chaperone-events';

/**
 * `GET /v1/events` for this tab: what an event names is loaded anew wherever it is shown. One tab of a browser holds the
 * stream and tells the others, for a browser opens six connections to a gateway at most. Returns how to end it.
 */
export function followEvents(queries: QueryClient, tell: (liveness: Liveness) => void): () => void {
  const channel = new BroadcastChannel(NAME);
  const stop = new AbortController();
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'hello') return;
    if (data.kind === 'event') applyEvent(queries, data.event);
    else tell(data.liveness);
  });
  const lead = () =>
    holdStream(stop.signal, channel, (message) => {
      if (message.kind === 'event') applyEvent(queries, message.event);
      if (message.kind === 'liveness') tell(message.liveness);
    });
  say(channel, { kind: 'hello' });
  // Not there without TLS on a name of its own; then each tab has its stream.
  if (navigator.locks === undefined) void lead();
  else navigator.locks.request(NAME, { signal: stop.signal }, lead).catch(isStopped(stop.signal));
  return () => {
    stop.abort();
    channel.close();
  };
}

/** Holds the stream until it is stopped; every tab is told what comes. */
async function holdStream(
  stop: AbortSignal,
  channel: BroadcastChannel,
  hear: (message: Message) => void,
): Promise<void> {
  let liveness: Liveness = 'connecting';
  const pass = (message: Message) => {
    if (stop.aborted) return;
    if (message.kind === 'liveness') liveness = message.liveness;
    hear(message);
    say(channel, message);
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'hello') say(channel, { kind: 'liveness', liveness });
  });
  const close = openStream(pass);
  await new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  close();
}

function openStream(pass: (message: Message) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isFirst = true;
  let isAnew = false;

  function open(): void {
    source = new EventSource('/v1/events');
    source.addEventListener('open', () => {
      // Pages began to load before there was a stream, and what happened until now was told to nobody.
      if (isFirst) pass({ kind: 'event', event: { type: 'opened' } });
      isFirst = false;
      // A new stream knows nothing of the gap; the browser's own reconnecting asks for what was missed.
      if (isAnew) pass({ kind: 'event', event: { type: 'refresh' } });
      isAnew = false;
      failures = 0;
      pass({ kind: 'liveness', liveness: 'live' });
    });
    source.addEventListener('message', (message: MessageEvent<string>) => {
      pass({ kind: 'event', event: JSON.parse(message.data) });
    });
    source.addEventListener('error', () => {
      failures += 1;
      pass({ kind: 'liveness', liveness: 'lost' });
      if (source?.readyState !== EventSource.CLOSED) return;
      isAnew = true;
      timer = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]);
    });
  }

  open();
  return () => {
    source?.close();
    clearTimeout(timer);
  };
}

export function applyEvent(queries: QueryClient, event: LiveEvent | Opened): void {
  switch (event.type) {
    case 'approval':
      loadAnew(queries, ['approval']);
      loadAnew(queries, key.overview);
      return;
    case 'session':
      loadAnew(queries, ['session']);
      loadAnew(queries, key.overview);
      return;
    case 'configuration':
      loadAnew(queries, ['configuration']);
      return;
    case 'definitions':
      loadAnew(queries, ['definitions']);
      loadAnew(queries, key.overview);
      return;
    case 'opened':
      for (const told of [['approval'], ['session'], ['configuration'], ['definitions'], key.overview])
        loadAnew(queries, told);
      return;
    case 'refresh':
      loadAnew(queries);
      return;
    default:
      return ignore(event);
  }
}

/** A newer gateway tells things that this page does not know. */
function ignore(_event: never): void {}

/**
 * All that begins with this key, or everything. `invalidateQueries` leaves alone what is on its way for the first time,
 * which may have been read before what the event tells of: that is loaded again when it is there.
 */
function loadAnew(queries: QueryClient, queryKey?: QueryKey): void {
  const filters = queryKey === undefined ? {} : { queryKey };
  const onTheirWay = queries.getQueryCache().findAll({ ...filters, fetchStatus: 'fetching', predicate: isEmpty });
  void queries.invalidateQueries(filters);
  for (const query of onTheirWay) {
    const again = () => queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    // One that fails is shown as that, with a way to try again.
    query.fetch().then(again, () => {});
  }
}

function isEmpty({ state }: Query): boolean {
  return state.data === undefined;
}

function say(channel: BroadcastChannel, message: Message): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin, and takes no other
  channel.postMessage(message);
}

/** Asking for the lock ends with the page; anything else is a fault. */
function isStopped(stop: AbortSignal): (fault: unknown) => void {
  return (fault) => {
    if (!stop.aborted) throw fault;
  };
}
