import { Menu as MenuIcon, Search, X } from 'lucide-react';
import { useState } from 'react';
import type { Me } from '../api/types.ts';
import { IconButton } from '../ui/Button.tsx';
import { Modal } from '../ui/Dialog.tsx';
import { Brand } from './Brand.tsx';
import { NavigationList } from './NavigationList.tsx';
import { UserMenu } from './UserMenu.tsx';

/** On a phone, in place of the sidebar. */
export function TopBar({ me, onSearch }: { readonly me: Me | undefined; readonly onSearch: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-1 border-b border-line bg-bg px-2 md:hidden">
      <IconButton label="Pages" onClick={() => setOpen(true)}>
        <MenuIcon />
      </IconButton>
      <span className="grow">
        <Brand />
      </span>
      <IconButton label="Go to…" onClick={onSearch}>
        <Search />
      </IconButton>
      <Modal
        open={open}
        onClose={() => setOpen(false)}
        label="Pages"
        className="m-0 h-dvh max-h-none w-72 max-w-[85vw] rounded-none border-0 border-r"
      >
        <div className="grid h-full grid-rows-[auto_1fr_auto]">
          <div className="flex h-13 items-center justify-between px-3">
            <Brand />
            <IconButton label="Close" onClick={() => setOpen(false)}>
              <X />
            </IconButton>
          </div>
          <div className="overflow-y-auto px-2">
            <NavigationList scopes={me?.scopes} onGo={() => setOpen(false)} />
          </div>
        </div>
      </Modal>
      <UserMenu me={me} compact />
    </header>
  );
}
