import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../api/queries.ts';
import type { Me } from '../api/types.ts';

/** Who is logged in; undefined while that is not known. */
export function useMe(): Me | undefined {
  return useQuery(meQuery).data;
}

/** Whether who is logged in has a scope (`recordings:read`): what the API would refuse is not offered. */
export function useCan(scope: string): boolean {
  return useMe()?.scopes.includes(scope) ?? false;
}
