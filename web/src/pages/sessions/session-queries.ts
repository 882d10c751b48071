import { queryOptions } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import { key } from '../../api/queries.ts';
import type { SessionView } from '../../api/types.ts';

export function sessionQuery(id: string) {
  return queryOptions({
    queryKey: key.session(id),
    queryFn: ({ signal }) => get<SessionView>(`/v1/sessions/${encodeURIComponent(id)}`, undefined, signal),
  });
}

/** Ends a session that is being served. Throws an `ApiProblem`. */
export async function endSession(id: string, reason: string): Promise<void> {
  await call('POST', `/v1/sessions/${encodeURIComponent(id)}/end`, { body: { reason } });
}
