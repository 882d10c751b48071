import { useParams, useRouter, useRouterState } from '@tanstack/react-router';
import { type ComponentProps, type MouseEvent, useCallback } from 'react';

export type Search = Readonly<Record<string, string | undefined>>;

interface AppLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** One of `paths`, with or without a search. */
  readonly href: string;
}

/** A link within the application: a real `a`, so that it opens in a tab, is copied and is read as any link. */
export function AppLink({ href, onClick, onMouseEnter, ...rest }: AppLinkProps) {
  const router = useRouter();
  const here = useRouterState({ select: (state) => state.location.href === href });
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (rest.target !== undefined && rest.target !== '_self') return;
    event.preventDefault();
    router.history.push(href);
  };
  return (
    <a
      {...rest}
      href={href}
      aria-current={rest['aria-current'] ?? (here ? 'page' : undefined)}
      onClick={follow}
      onMouseEnter={(event) => {
        onMouseEnter?.(event);
        // Only the page's code; its data is asked for when it opens.
        void router.preloadRoute({ to: href.split('?')[0] ?? '/' }).catch(() => undefined);
      }}
    />
  );
}

/** `go(paths.run(id))`. */
export function useGo(): (href: string, options?: { readonly replace?: boolean }) => void {
  const { history } = useRouter();
  return useCallback((href, options) => (options?.replace ? history.replace(href) : history.push(href)), [history]);
}

/** A part of the path: `useParam('run')` on `/runs/$run`. Throws where the route has none of that name. */
export function useParam(name: string): string {
  const params: Readonly<Record<string, string | undefined>> = useParams({ strict: false });
  const value = params[name];
  if (value === undefined) throw new Error(`The route has no parameter ${name}.`);
  return value;
}

/** What stands behind `?`, as strings, and how to change some of it: undefined or empty takes one out. */
export function useSearchState(): readonly [
  search: Search,
  change: (patch: Search, options?: { replace?: boolean }) => void,
] {
  const { history } = useRouter();
  const search = useRouterState({ select: (state) => state.location.search as Search });
  const change = useCallback(
    (patch: Search, { replace = true }: { replace?: boolean } = {}) => {
      const { pathname, search: now } = history.location;
      const params = new URLSearchParams(now);
      for (const [name, value] of Object.entries(patch)) {
        if (value === undefined || value === '') params.delete(name);
        else params.set(name, value);
      }
      const href = params.size === 0 ? pathname : `${pathname}?${params}`;
      if (replace) history.replace(href);
      else history.push(href);
    },
    [history],
  );
  return [search, change];
}
