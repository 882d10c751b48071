import { queryOptions } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { Page, Person } from '../api/types.ts';

const MOST = 1_000;
const PAGE = 100;

/** Everybody who ever logged in, the first thousand. */
export const peopleQuery = queryOptions({
  queryKey: ['people', 'list'],
  queryFn: async ({ signal }) => {
    const people: Person[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Person> = await get('/v1/people', { limit: PAGE, cursor }, signal);
      people.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined && people.length < MOST);
    return people;
  },
});
