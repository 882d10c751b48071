import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const SETTING = 'theme';
const DARK = '(prefers-color-scheme: dark)';
const listeners = new Set<() => void>();

export function useTheme(): readonly [theme: Theme, choose: (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, chosen), choose];
}

/** Goes with the system while nothing else is chosen; returns how to stop. `theme.js` did the first paint. */
export function followSystemTheme(): () => void {
  const media = matchMedia(DARK);
  media.addEventListener('change', apply);
  apply();
  return () => media.removeEventListener('change', apply);
}

function chosen(): Theme {
  const value = localStorage.getItem(SETTING);
  return value === 'light' || value === 'dark' ? value : 'system';
}

function choose(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(SETTING);
  else localStorage.setItem(SETTING, theme);
  apply();
  for (const listener of listeners) listener();
}

function apply(): void {
  const theme = chosen();
  const system = matchMedia(DARK).matches ? 'dark' : 'light';
  document.documentElement.dataset['theme'] = theme === 'system' ? system : theme;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
