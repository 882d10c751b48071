import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface Shortcut {
  /** `a`, `?`, `Enter`, or two in a row: `g s`. */
  readonly keys: string;
  readonly name: string;
  readonly group: string;
  readonly run: () => void;
}

const SEQUENCE_MS = 1_200;
const SETTING = 'single-key-shortcuts';
const known = new Map<symbol, Shortcut>();
const listeners = new Set<() => void>();
let list: readonly Shortcut[] = [];
let pending: { readonly key: string; readonly at: number } | undefined;

/** Has the keys do it while the component is there, and shows them in the list behind `?`. */
export function useShortcut(shortcut: Shortcut | undefined): void {
  const latest = useRef(shortcut);
  latest.current = shortcut;
  const { keys, name, group } = shortcut ?? {};
  useEffect(() => {
    if (keys === undefined || name === undefined || group === undefined) return undefined;
    const id = Symbol(keys);
    known.set(id, { keys, name, group, run: () => latest.current?.run() });
    changed();
    return () => {
      known.delete(id);
      changed();
    };
  }, [keys, name, group]);
}

/** All that work now. */
export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(subscribe, () => list);
}

/** Keys without Ctrl or ⌘ can be switched off (WCAG 2.1.4): they get in the way of speech input. */
export function singleKeysOn(): boolean {
  return localStorage.getItem(SETTING) !== 'off';
}

export function setSingleKeys(on: boolean): void {
  localStorage.setItem(SETTING, on ? 'on' : 'off');
  changed();
}

/** Listens on the document; returns how to stop. */
export function startShortcuts(): () => void {
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event) || !singleKeysOn() || document.querySelector('dialog[open]') !== null) return;
  const first = pending !== undefined && event.timeStamp - pending.at < SEQUENCE_MS ? `${pending.key} ` : '';
  const keys = `${first}${event.key}`;
  pending = undefined;
  const found = list.findLast((shortcut) => shortcut.keys === keys);
  if (found !== undefined) {
    event.preventDefault();
    found.run();
    return;
  }
  if (list.some((shortcut) => shortcut.keys.startsWith(`${event.key} `))) {
    pending = { key: event.key, at: event.timeStamp };
  }
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="menu"]') !== null
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  list = [...known.values()];
  for (const listener of listeners) listener();
}
