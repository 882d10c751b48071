import type { ApprovalService } from '../approvals/approval-service.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { ListenerPlaces } from './listener-places.ts';
import { type LiveEvent, LiveFeed } from './live-feed.ts';
import { watchSessions } from './moved-sessions.ts';

export interface LiveSourcesParts {
  readonly store: Store;
  readonly approvals: Pick<ApprovalService, 'onChange'>;
  /** Whether a caller may see an approval. */
  readonly maySeeApproval: (id: string, caller: Caller) => Promise<boolean>;
  readonly places: ListenerPlaces;
  readonly epoch: string;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** The feed of everything that changes: approvals, sessions, configuration; whoever lost their right is cut off. */
export function openLiveFeed(parts: LiveSourcesParts): LiveFeed {
  const { store, approvals, places, epoch } = parts;
  const watch = (tell: (event: LiveEvent) => void) => {
    const stops = [
      watchSessions(parts, tell),
      approvals.onChange(({ id, state }) => tell({ type: 'approval', id, state })),
      store.watch('configuration', () => tell({ type: 'configuration' })),
      store.watch('classes', () => tell({ type: 'configuration' })),
      store.watch('definitions', () => tell({ type: 'definitions' })),
      store.watch('people', () => feed.recheck()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
  const feed = new LiveFeed({ watch, maySee: (caller, event) => maySee(caller, event, parts), epoch, places });
  return feed;
}

function maySee(
  caller: Caller,
  event: LiveEvent,
  { maySeeApproval }: Pick<LiveSourcesParts, 'maySeeApproval'>,
): boolean | Promise<boolean> {
  const { scopes } = caller;
  switch (event.type) {
    case 'approval':
      if (scopes.has('approvals:read')) return true;
      return scopes.has('approvals:answer') && maySeeApproval(event.id, caller);
    case 'session':
      return scopes.has('sessions:read');
    case 'configuration':
      return scopes.has('configuration:read') || scopes.has('targets:read');
    case 'definitions':
      return scopes.has('targets:read');
    case 'refresh':
      return true;
    default:
      return event satisfies never;
  }
}
