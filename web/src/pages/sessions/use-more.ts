import { useMemo } from 'react';

interface LongQuery {
  readonly data: { readonly pages: number } | undefined;
  readonly hasNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

/** Loads the next page of a list: another function for each page, for a table asks each of them once. */
export function useMore({ data, hasNextPage, fetchNextPage }: LongQuery): (() => void) | undefined {
  const pages = data?.pages;
  return useMemo(() => (hasNextPage ? () => void fetchNextPage() : undefined), [hasNextPage, fetchNextPage, pages]);
}
