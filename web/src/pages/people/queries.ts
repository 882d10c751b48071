import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import type { Person, Role } from '../../api/types.ts';

export interface PersonVersion {
  readonly person: Person;
  readonly etag: string;
}

export function personQuery(id: string) {
  return queryOptions({
    queryKey: ['people', 'one', id],
    queryFn: async ({ signal }): Promise<PersonVersion> => {
      const { data, etag = '' } = await call<Person>('GET', pathOf(id), { signal });
      return { person: data, etag };
    },
  });
}

export interface PersonEdit {
  readonly localGroups?: readonly string[];
  readonly localRoles?: readonly Role[];
  readonly localHandles?: readonly string[];
  readonly disabled?: boolean;
}

/** Throws an `ApiProblem`; of status 412 where somebody else was first. */
export async function editPerson(id: string, etag: string, edit: PersonEdit): Promise<PersonVersion> {
  const saved = await call<Person>('PATCH', pathOf(id), { body: edit, ifMatch: etag });
  return { person: saved.data, etag: saved.etag ?? '' };
}

/** Logs somebody out everywhere; returns from how many browsers. */
export async function endSessions(id: string): Promise<number> {
  return (await call<{ ended: number }>('DELETE', `${pathOf(id)}/sessions`)).data.ended;
}

function pathOf(id: string): string {
  return `/v1/people/${encodeURIComponent(id)}`;
}
