import { Badge } from '../ui/Badge.tsx';
import { duration } from '../ui/moments.ts';
import { useNow } from '../ui/Time.tsx';

const SOON_MS = 60_000;

/** How long a request still waits; `precise` to the second, which in a list would be unrest. */
export function Countdown({ to, precise }: { readonly to: string; readonly precise?: boolean }) {
  const left = Date.parse(to) - useNow();
  if (left <= 0) return <Badge>Out of time</Badge>;
  return <Badge tone={left < SOON_MS ? 'deny' : 'hold'}>{duration(left, precise ? 2 : 1)} left</Badge>;
}
