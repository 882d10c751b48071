import { type RefObject, useLayoutEffect, useState } from 'react';

/** How far below the top of the document an element begins, in pixels: where its virtual rows start. */
export function useListTop(ref: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  // After every drawing: what stands above may have grown. A state that stays the same draws nothing.
  useLayoutEffect(() => {
    const box = ref.current?.getBoundingClientRect();
    if (box !== undefined) setTop(Math.round(box.top + window.scrollY));
  });
  return top;
}
