import type { LocalTarget } from '../local-target.ts';

/** `PREFIX_<NAME>` of each target; none where two would share it, since either would be the wrong one for somebody. */
export function ownNames(
  prefix: string,
  targets: readonly LocalTarget[],
): readonly (readonly [name: string, target: LocalTarget])[] {
  const named = targets.map(
    (target) => [`${prefix}_${target.name.toUpperCase().replace(/\W/g, '_')}`, target] as const,
  );
  return named.filter(([name]) => named.filter(([other]) => other === name).length === 1);
}
