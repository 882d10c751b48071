import type { LiveSessions } from '../../gateway/live-sessions.ts';
import type { Control } from './open-control.ts';

/** Ends the sessions of what is revoked, here or through another gateway. */
export function endRevoked(grants: Control['grants'], live: LiveSessions): () => void {
  const stops = [
    grants.onRevoked((grant) => void live.endGrant(grant)),
    grants.onTakenBack((grant, target) => void live.endInTarget(grant, target)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
