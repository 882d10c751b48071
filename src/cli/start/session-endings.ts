import { readable } from '../../gateway/hold-refusals.ts';
import type { LiveSessions } from '../../gateway/live-sessions.ts';
import type { SessionId } from '../../model/ids.ts';
import { Refused } from '../../model/refusal.ts';
import { reloadOn } from '../../store/reload-on.ts';
import { sessionsToEnd } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';

export interface SessionEndingsParts {
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  readonly live: LiveSessions;
  readonly onFault: (fault: unknown) => void;
}

/** Ends the sessions of this gateway that somebody wants ended, through whichever gateway they said so. */
export function watchEndings({ store, gateway, live, onFault }: SessionEndingsParts): () => void {
  const look = async (): Promise<void> => {
    if (live.size === 0) return;
    for (const { id, ending } of await sessionsToEnd(store, gateway)) {
      const message = `This session was ended by ${readable(ending.by)}: ${readable(ending.reason)}`;
      live.find(id as SessionId)?.end(new Refused({ code: 'session-ended', message }));
    }
  };
  return reloadOn(store, 'sessions', look, onFault);
}
