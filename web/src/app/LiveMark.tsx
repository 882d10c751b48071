import type { Liveness } from '../api/events.ts';
import { Dot, type Tone } from '../ui/Badge.tsx';
import { Tooltip } from '../ui/Tooltip.tsx';

const WORDS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting for live changes',
  live: 'Live: changes appear by themselves',
  lost: 'No live changes: the connection is lost, and tried again',
};

const TONES: Readonly<Record<Liveness, Tone>> = { connecting: 'neutral', live: 'permit', lost: 'hold' };

/** Whether what is shown goes on changing by itself. */
export function LiveMark({ liveness }: { readonly liveness: Liveness }) {
  return (
    <Tooltip text={WORDS[liveness]}>
      <button type="button" className="flex size-8 items-center justify-center rounded-md" aria-label={WORDS[liveness]}>
        <Dot tone={TONES[liveness]} />
      </button>
    </Tooltip>
  );
}
