import { useEffect, useState } from 'react';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox } from '../ui/Field.tsx';
import { setSingleKeys, singleKeysOn, useShortcut, useShortcuts } from '../ui/shortcuts.ts';
import { IS_APPLE } from './Sidebar.tsx';

const OPEN = 'chaperone:shortcuts';

/** Opens the list from anywhere. */
export function showShortcuts(): void {
  document.dispatchEvent(new Event(OPEN));
}

/** All keys that work on this page, behind `?`. */
export function ShortcutList() {
  const [open, setOpen] = useState(false);
  const shortcuts = useShortcuts();
  useShortcut({ keys: '?', name: 'Keyboard shortcuts', group: 'Everywhere', run: () => setOpen(true) });
  useEffect(() => {
    const show = () => setOpen(true);
    document.addEventListener(OPEN, show);
    return () => document.removeEventListener(OPEN, show);
  }, []);
  // Of two with the same keys the later one acts.
  const acting = [...new Map(shortcuts.map((shortcut) => [shortcut.keys, shortcut])).values()];
  const groups = Map.groupBy(acting, (shortcut) => shortcut.group);
  const everywhere = [
    { keys: IS_APPLE ? '⌘ K' : 'Ctrl K', name: 'Go to a page, a run, a session, an id' },
    { keys: 'Esc', name: 'Close' },
  ];
  return (
    <Dialog open={open} onClose={() => setOpen(false)} title="Keyboard shortcuts" wide>
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        <KeyGroup name="Everywhere" keys={[...everywhere, ...(groups.get('Everywhere') ?? [])]} />
        {[...groups]
          .filter(([name]) => name !== 'Everywhere')
          .map(([name, keys]) => (
            <KeyGroup key={name} name={name} keys={keys} />
          ))}
      </div>
      <div className="mt-5 border-t border-line pt-3">
        <Checkbox defaultChecked={singleKeysOn()} onChange={(event) => setSingleKeys(event.target.checked)}>
          Single keys work (switch them off where speech input or another tool gets in their way)
        </Checkbox>
      </div>
    </Dialog>
  );
}

function KeyGroup({ name, keys }: { name: string; keys: readonly { readonly keys: string; readonly name: string }[] }) {
  return (
    <section>
      <h3 className="pb-1 text-sm font-medium text-muted">{name}</h3>
      <dl>
        {keys.map((shortcut) => (
          <div key={shortcut.keys} className="flex items-center justify-between gap-4 py-1">
            <dt>{shortcut.name}</dt>
            <dd className="flex gap-1">
              {shortcut.keys.split(' ').map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded-sm border border-line bg-sunken px-1.5 text-center font-sans text-xs leading-5"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
