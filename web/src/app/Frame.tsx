import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { Announcer, announce } from '../ui/Announcer.tsx';

/** Around every page: on navigation the focus goes to the heading, and readers hear where they are. */
export function Frame() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef<string>(undefined);
  useEffect(() => {
    const isFirst = before.current === undefined;
    if (path === undefined || before.current === path) return;
    before.current = path;
    if (isFirst) return;
    window.scrollTo(0, 0);
    whenHeaded(() => {
      document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
      announce(document.title);
    });
  }, [path]);
  return (
    <>
      <Outlet />
      <Announcer />
    </>
  );
}

/** Two frames on: the new page has drawn its heading and set the title. */
function whenHeaded(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(act));
}
