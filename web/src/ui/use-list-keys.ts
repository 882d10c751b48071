import { type RefObject, useState } from 'react';
import { useShortcut } from './shortcuts.ts';

/** `j` and `k` move the focus along the rows of a list (elements with `data-row`), Enter is the row's own; a list of none has no keys. */
export function useListKeys(list: RefObject<HTMLElement | null>, count: number, show: (index: number) => void) {
  const [active, setActive] = useState(-1);
  function move(step: number): void {
    const next = Math.max(0, Math.min(count - 1, active + step));
    setActive(next);
    show(next);
    // At once where the row is drawn, so that the Enter of somebody who types fast is already the row's.
    if (!focusRow(next)) requestAnimationFrame(() => focusRow(next));
  }
  function focusRow(index: number): boolean {
    const row = list.current?.querySelector<HTMLElement>(`[data-row="${index}"]`);
    row?.focus();
    return row !== null && row !== undefined;
  }
  const shortcut = (keys: string, name: string, step: number) =>
    count > 0 ? { keys, name, group: 'Lists', run: () => move(step) } : undefined;
  useShortcut(shortcut('j', 'Next row', 1));
  useShortcut(shortcut('k', 'Row before', -1));
  return { active, setActive };
}
