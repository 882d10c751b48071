import { type RefObject, useState } from 'react';
import { useShortcut } from './shortcuts.ts';

/** `j` and `k` move the focus along the rows of a list (elements with `data-row`); Enter is the row's own. */
export function useListKeys(list: RefObject<HTMLElement | null>, count: number, show: (index: number) => void) {
  const [active, setActive] = useState(-1);
  function move(step: number): void {
    const next = Math.max(0, Math.min(count - 1, active + step));
    if (count === 0) return;
    setActive(next);
    show(next);
    // The row may have to be drawn first.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
  }
  useShortcut({ keys: 'j', name: 'Next row', group: 'Lists', run: () => move(1) });
  useShortcut({ keys: 'k', name: 'Row before', group: 'Lists', run: () => move(-1) });
  return { active, setActive };
}
