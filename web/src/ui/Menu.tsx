import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './class-names.ts';
import { useLayer } from './layer.ts';

export interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  readonly icon?: ReactNode;
  readonly hint?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
}

interface MenuProps {
  /** One button. */
  readonly trigger: ReactNode;
  /** `'line'` separates groups. */
  readonly items: readonly (MenuItem | 'line')[];
  readonly heading?: ReactNode;
  readonly align?: 'start' | 'end';
}

/** Not modal: a modal menu would put a style element into the page, which the Content-Security-Policy forbids. */
export function Menu({ trigger, items, heading, align = 'end' }: MenuProps) {
  const layer = useLayer();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={layer}>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="rise z-50 min-w-48 rounded-md border border-line bg-surface p-1 shadow-float"
        >
          {heading !== undefined && (
            <DropdownMenu.Label className="px-2 py-1.5 text-sm text-muted">{heading}</DropdownMenu.Label>
          )}
          {items.map((item, index) =>
            item === 'line' ? (
              // A line has no name, and lines do not move
              <DropdownMenu.Separator key={`line-${index}`} className="my-1 h-px bg-line" />
            ) : (
              <Item key={item.label} item={item} />
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ item }: { readonly item: MenuItem }) {
  return (
    <DropdownMenu.Item
      disabled={item.disabled ?? false}
      onSelect={item.onSelect}
      className={classes(
        'flex cursor-default items-center gap-2 rounded-sm px-2 py-1.5 outline-none select-none coarse:min-h-11',
        'data-disabled:opacity-50 data-highlighted:bg-hover [&_svg]:size-4',
        item.danger && 'text-deny',
      )}
    >
      {item.icon}
      <span className="grow">{item.label}</span>
      {item.hint !== undefined && <span className="text-xs text-muted">{item.hint}</span>}
    </DropdownMenu.Item>
  );
}
