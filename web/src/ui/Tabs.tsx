import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Count } from './Badge.tsx';

export interface Tab {
  readonly value: string;
  readonly label: string;
  readonly count?: number;
  readonly content: ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly tabs: readonly Tab[];
}

export const TAB_CLASS =
  'relative -mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-1 text-muted no-underline ' +
  'hover:text-text coarse:h-11 data-[state=active]:border-text data-[state=active]:text-text ' +
  'aria-[current=page]:border-text aria-[current=page]:text-text';

/** Parts of one page. Views of one list are links: `ViewLinks`. */
export function Tabs({ label, value, onChange, tabs }: TabsProps) {
  return (
    <Radix.Root value={value} onValueChange={onChange}>
      <Radix.List aria-label={label} className="flex gap-4 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.value} value={tab.value} className={TAB_CLASS}>
            {tab.label}
            {tab.count !== undefined && <Count value={tab.count} />}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
