import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from './Problem.tsx';
import { Skeleton } from './Skeleton.tsx';

interface LoadedProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch' | 'isFetching'>;
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** What a query has: its last data (with the problem above it where the newest try failed), a problem, or a skeleton. */
export function Loaded<T>({ query, skeleton, children }: LoadedProps<T>) {
  const { data, error, refetch } = query;
  if (data === undefined && error === null) {
    return (
      <div aria-busy="true" className="appear-late">
        <span className="sr-only">Loading</span>
        {skeleton ?? <Skeleton />}
      </div>
    );
  }
  return (
    <>
      {error !== null && <Problem error={error} onRetry={() => void refetch()} />}
      {data !== undefined && children(data)}
    </>
  );
}
