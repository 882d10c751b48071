/** A rule over the names of witnesses, as a trust policy defines them (https://c2sp.org/tlog-policy). */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly name: string }
  /** `k` of its members must hold. */
  | { readonly kind: 'group'; readonly name: string; readonly k: number; readonly members: readonly Quorum[] };

/** True where these witnesses, by their names in the policy, make the quorum. */
export function quorumHolds(quorum: Quorum, witnessed: ReadonlySet<string>): boolean {
  switch (quorum.kind) {
    case 'none':
      return true;
    case 'witness':
      return witnessed.has(quorum.name);
    case 'group':
      return quorum.members.filter((member) => quorumHolds(member, witnessed)).length >= quorum.k;
    default:
      return quorum satisfies never;
  }
}

/**
 * The earliest time, in seconds since 1970, by which a quorum had cosigned, of cosignatures by witnesses' names;
 * undefined where they make none, or the quorum is `none`.
 */
export function quorumTime(quorum: Quorum, times: ReadonlyMap<string, number>): number | undefined {
  if (quorum.kind === 'none') return undefined;
  const seen = new Set<string>();
  for (const [name, time] of [...times].sort(([, one], [, other]) => one - other)) {
    seen.add(name);
    if (quorumHolds(quorum, seen)) return time;
  }
  return undefined;
}
