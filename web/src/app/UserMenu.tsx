import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { call } from '../api/client.ts';
import type { Me } from '../api/types.ts';
import { paths } from '../paths.ts';
import { classes } from '../ui/class-names.ts';
import { Menu } from '../ui/Menu.tsx';
import { useGo } from '../ui/routing.tsx';
import { useToast } from '../ui/Toast.tsx';
import { showShortcuts } from './ShortcutList.tsx';
import { type Theme, useTheme } from './theme.ts';

const THEMES: readonly { readonly theme: Theme; readonly label: string; readonly icon: typeof Sun }[] = [
  { theme: 'system', label: 'Theme of the system', icon: Monitor },
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
];

/** Who is here, and what is theirs to set. */
export function UserMenu({ me, compact }: { readonly me: Me | undefined; readonly compact?: boolean }) {
  const [theme, choose] = useTheme();
  const go = useGo();
  const queries = useQueryClient();
  const say = useToast();
  const logOut = useMutation({
    mutationFn: () => call('POST', '/v1/logout'),
    onSuccess: () => {
      queries.clear();
      go(paths.login());
    },
    onError: (error) => say(`Still logged in: ${error.message}`, 'deny'),
  });
  const name = me?.person?.name ?? me?.name ?? '';
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className={classes(
            'flex h-8 min-w-0 items-center gap-2 rounded-md px-1.5 text-left hover:bg-hover coarse:h-11',
            !compact && 'grow',
          )}
        >
          <span
            aria-hidden="true"
            className="flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken text-xs font-semibold text-muted"
          >
            {initials(name)}
          </span>
          <span className={compact ? 'sr-only' : 'grow truncate'}>{name}</span>
          <span className="sr-only">: account</span>
          {!compact && <ChevronsUpDown className="size-3.5 shrink-0 text-faint" />}
        </button>
      }
      heading={me && <Heading me={me} />}
      items={[
        ...THEMES.map(({ theme: each, label, icon: Icon }) => ({
          label,
          icon: theme === each ? <Check /> : <Icon />,
          onSelect: () => choose(each),
        })),
        'line',
        { label: 'Keyboard shortcuts', icon: <Keyboard />, hint: '?', onSelect: showShortcuts },
        'line',
        { label: 'Log out', icon: <LogOut />, onSelect: () => logOut.mutate() },
      ]}
    />
  );
}

function Heading({ me }: { readonly me: Me }) {
  const roles = me.person?.roles.join(', ') ?? `token ${me.name}`;
  return (
    <>
      <span className="block font-medium text-text">{me.person?.login ?? me.name}</span>
      <span className="block">{roles === '' ? 'no role yet' : roles}</span>
    </>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
}
