import { useEffect } from 'react';
import { announce } from '../../ui/Announcer.tsx';
import { singleKeysOn, useShortcut } from '../../ui/shortcuts.ts';
import { MARK_LOOKS } from './marks.ts';
import type { ReplayPlayer } from './replay-player.ts';

const GROUP = 'Replay';

/** The keys of a replay. They are all in the list behind `?`. */
export function useReplayKeys(player: ReplayPlayer, onSkipIdle: () => void): void {
  useSpace(player);
  useShortcut({ keys: 'j', name: 'Next request', group: GROUP, run: () => player.step(1) });
  useShortcut({ keys: 'k', name: 'Request before', group: GROUP, run: () => player.step(-1) });
  useShortcut({ keys: '>', name: 'Faster', group: GROUP, run: () => player.pace(1) });
  useShortcut({ keys: '<', name: 'Slower', group: GROUP, run: () => player.pace(-1) });
  useShortcut({ keys: 'i', name: 'Skip idle time, or not', group: GROUP, run: onSkipIdle });
  useShortcut({ keys: 'f', name: 'Follow the newest', group: GROUP, run: () => player.follow(true) });
  for (const look of MARK_LOOKS) useJumpKeys(player, look);
}

function useJumpKeys(player: ReplayPlayer, { mark, words: [one], shortcut }: (typeof MARK_LOOKS)[number]): void {
  function jump(direction: 1 | -1): void {
    if (!player.jump(direction, [mark])) announce(direction > 0 ? `No ${one} after this` : `No ${one} before this`);
  }
  useShortcut({ keys: shortcut, name: `Next ${one}`, group: GROUP, run: () => jump(1) });
  useShortcut({ keys: shortcut.toUpperCase(), name: `The ${one} before`, group: GROUP, run: () => jump(-1) });
}

/** Space plays and stops, but where it presses what has the focus. */
function useSpace(player: ReplayPlayer): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key !== ' ' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : document.body;
      if (!singleKeysOn() || target.closest(PRESSED_BY_SPACE) !== null) return;
      event.preventDefault();
      player.toggle();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [player]);
}

const PRESSED_BY_SPACE = 'button, a, input, textarea, select, summary, dialog, [role="menu"], [contenteditable]';
