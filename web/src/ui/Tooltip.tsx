import { Tooltip as Radix } from 'radix-ui';
import type { FocusEvent, ReactNode } from 'react';
import { useLayer } from './layer.ts';

/** A few words on hover and on focus; never the only place where something is said. */
export function Tooltip({ text, children }: { readonly text: ReactNode; readonly children: ReactNode }) {
  const layer = useLayer();
  return (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={onlyByKeys}>
        {children}
      </Radix.Trigger>
      <Radix.Portal container={layer}>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="rise z-50 max-w-80 rounded-md bg-ink px-2 py-1 text-sm text-on-ink shadow-float"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Focus that a finger or a dialog gave says nothing: its words would lie over the page until the next press. */
function onlyByKeys(event: FocusEvent): void {
  if (event.target instanceof Element && !event.target.matches(':focus-visible')) event.preventDefault();
}

/** Once, around everything: tooltips that follow one another open at once. */
export function TooltipProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={400} skipDelayDuration={200}>
      {children}
    </Radix.Provider>
  );
}
