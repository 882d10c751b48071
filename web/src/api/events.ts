import type { QueryClient } from '@tanstack/react-query';
import { key } from './queries.ts';
import type { LiveEvent } from './types.ts';

export type Liveness = 'connecting' | 'live' | 'lost';

const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/**
 * One stream of `GET /v1/events` for the whole page: what an event names is loaded anew wherever it is shown. Returns
 * the function that ends it.
 */
export function followEvents(queries: QueryClient, tell: (liveness: Liveness) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isAnew = false;

  function open(): void {
    source = new EventSource('/v1/events');
    source.addEventListener('open', () => {
      // A new stream knows nothing of the gap; the browser's own reconnecting asks for what was missed.
      if (isAnew) refreshAll(queries);
      isAnew = false;
      failures = 0;
      tell('live');
    });
    source.addEventListener('message', (message: MessageEvent<string>) =>
      applyEvent(queries, JSON.parse(message.data)),
    );
    source.addEventListener('error', () => {
      failures += 1;
      tell('lost');
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

export function applyEvent(queries: QueryClient, event: LiveEvent): void {
  switch (event.type) {
    case 'approval':
      void queries.invalidateQueries({ queryKey: ['approval'] });
      void queries.invalidateQueries({ queryKey: key.overview });
      return;
    case 'session':
      void queries.invalidateQueries({ queryKey: ['session'] });
      void queries.invalidateQueries({ queryKey: key.overview });
      return;
    case 'configuration':
      void queries.invalidateQueries({ queryKey: ['configuration'] });
      return;
    case 'refresh':
      refreshAll(queries);
      return;
    default:
      return ignore(event);
  }
}

/** A newer gateway tells things that this page does not know. */
function ignore(_event: never): void {}

function refreshAll(queries: QueryClient): void {
  void queries.invalidateQueries();
}
