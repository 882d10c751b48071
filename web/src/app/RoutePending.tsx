import { useSyncExternalStore } from 'react';
import { Skeleton } from '../ui/Skeleton.tsx';
import { waitingPages } from './patient-import.ts';

/** In place of a page whose code is on its way. */
export function RoutePending() {
  const isWaiting = useSyncExternalStore(waitingPages.listen, waitingPages.get);
  return (
    <div aria-busy="true" className="appear-late mx-auto grid max-w-7xl gap-4 px-4 py-6 md:px-8">
      {isWaiting && (
        <p role="status" className="rounded-md border border-hold bg-hold-soft px-3 py-2">
          The gateway cannot be reached. This page opens as soon as it can.
        </p>
      )}
      <Skeleton lines={5} />
    </div>
  );
}
