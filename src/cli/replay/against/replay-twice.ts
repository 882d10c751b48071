import type { Difference } from './compare-replies.ts';
import type { ReplayedExchange } from './replay-run.ts';

/**
 * Two replays of the same record, as one: where both differ from it, and from one another in the same places, what was
 * asked does not say the same twice, and that it differs tells nothing. Pure.
 */
export function mergeReplays(
  first: readonly ReplayedExchange[],
  second: readonly ReplayedExchange[],
): readonly ReplayedExchange[] {
  return first.map((one, index) => {
    const other = second[index];
    if (one.outcome !== 'different' || other?.comparison === undefined || one.comparison === undefined) return one;
    const again = new Map(other.comparison.differences.map((difference) => [placeOf(difference), difference]));
    const differences = one.comparison.differences.filter((difference) => !changed(difference, again));
    if (differences.length > 0) return { ...one, comparison: { ...one.comparison, differences } };
    return { ...one, outcome: 'unstable', unstable: 'differs-from-itself' };
  });
}

/** The second replay says something else again in the same place. */
function changed(difference: Difference, again: ReadonlyMap<string, Difference>): boolean {
  const other = again.get(placeOf(difference));
  // That it is as it was recorded is something else, too.
  return other === undefined || JSON.stringify(other.is) !== JSON.stringify(difference.is);
}

function placeOf(difference: Difference): string {
  const { kind } = difference;
  const result = 'result' in difference ? difference.result : 0;
  return kind === 'value' ? `${kind} ${result} ${difference.row} ${difference.column}` : `${kind} ${result}`;
}
