import type { Topic } from './changes.ts';
import type { Store } from './store.ts';

/**
 * Calls `reload` whenever the store says that something of the topic changed. Returns how to stop: a reload that is under
 * way then may find the store closed, and its failure is told nobody.
 */
export function reloadOn(
  store: Store,
  topic: Topic,
  reload: () => Promise<void>,
  onFault: (cause: unknown) => void,
): () => void {
  let isOver = false;
  const unwatch = store.watch(topic, () => {
    reload().catch((cause: unknown) => {
      if (!isOver) onFault(cause);
    });
  });
  return () => {
    isOver = true;
    unwatch();
  };
}
