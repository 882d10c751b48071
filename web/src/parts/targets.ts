import { queryOptions } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { key } from '../api/queries.ts';
import type { TargetView } from '../api/types.ts';

export const targetsQuery = queryOptions({
  queryKey: key.targets,
  queryFn: async ({ signal }) => (await get<{ targets: TargetView[] }>('/v1/targets', undefined, signal)).targets,
});
