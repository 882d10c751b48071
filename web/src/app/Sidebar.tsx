import { Search } from 'lucide-react';
import type { Liveness } from '../api/events.ts';
import type { Me } from '../api/types.ts';
import { classes } from '../ui/class-names.ts';
import { Brand } from './Brand.tsx';
import { LiveMark } from './LiveMark.tsx';
import { NavigationList } from './NavigationList.tsx';
import { UserMenu } from './UserMenu.tsx';

interface SidebarProps {
  readonly me: Me | undefined;
  readonly liveness: Liveness;
  readonly onSearch: () => void;
}

export function Sidebar({ me, liveness, onSearch }: SidebarProps) {
  return (
    <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-bg md:flex">
      <div className="flex h-13 items-center px-4">
        <Brand />
      </div>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={onSearch}
          className={classes(
            'flex h-8 w-full items-center gap-2 rounded-md border border-line bg-surface px-2 text-muted',
            'hover:bg-hover hover:text-text',
          )}
        >
          <Search className="size-4" />
          <span className="grow text-left">Go to…</span>
          <kbd aria-hidden="true" className="font-sans text-xs">
            {IS_APPLE ? '⌘K' : 'Ctrl K'}
          </kbd>
        </button>
      </div>
      <div className="grow overflow-y-auto px-2">
        <NavigationList scopes={me?.scopes} />
      </div>
      <div className="flex items-center justify-between gap-1 border-t border-line p-2">
        <UserMenu me={me} />
        <LiveMark liveness={liveness} />
      </div>
    </aside>
  );
}

export const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);
