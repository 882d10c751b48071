import { Badge } from '../ui/Badge.tsx';
import { duration } from '../ui/moments.ts';
import { useNow } from '../ui/Time.tsx';

const SOON_MS = 60_000;

/** How long a request still waits. */
export function Countdown({ to }: { readonly to: string }) {
  const left = Date.parse(to) - useNow();
  if (left <= 0) return <Badge>Out of time</Badge>;
  return <Badge tone={left < SOON_MS ? 'deny' : 'hold'}>{duration(left, left < 10 * SOON_MS ? 2 : 1)} left</Badge>;
}
