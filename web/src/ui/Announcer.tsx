import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let said = '';

/** Has readers hear it: a page that opened, a decision that came in. */
export function announce(text: string): void {
  // The same words twice would be heard once.
  said = said === text ? `${text}\u00A0` : text;
  for (const listener of listeners) listener();
}

/** Once, in the shell. */
export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => said);
  return (
    <div aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
