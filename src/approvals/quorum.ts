import type { Requirement, Vote } from '../model/approval.ts';

/** A vote with the required groups that its person could answer for when they did. */
export interface CountedVote extends Pick<Vote, 'person' | 'answer'> {
  readonly countsFor: readonly string[];
}

export interface Tally {
  readonly outcome: 'approved' | 'denied' | 'open';
  /** For each requirement, in their order: how many people count for it, at most its quorum. */
  readonly approvals: readonly number[];
}

/**
 * Counts votes against requirements: each needs its own distinct people, and nobody counts twice, for one requirement
 * or for two. Who is in several groups counts where they are needed. One denial denies all.
 */
export function tally(requirements: readonly Requirement[], votes: readonly CountedVote[]): Tally {
  const people = new Map<string, readonly string[]>();
  let isDenied = false;
  for (const { person, answer, countsFor } of votes) {
    if (!requirements.some(({ group }) => countsFor.includes(group))) continue;
    if (answer === 'deny') isDenied = true;
    else people.set(person, countsFor);
  }
  const approvals = assign(requirements, people);
  const isMet = requirements.length > 0 && requirements.every(({ quorum }, index) => approvals[index] === quorum);
  return { outcome: isDenied ? 'denied' : isMet ? 'approved' : 'open', approvals };
}

/** As many people as possible each to one requirement that has room (augmenting paths in a bipartite graph). */
function assign(requirements: readonly Requirement[], people: ReadonlyMap<string, readonly string[]>): number[] {
  const places = requirements.map((): string[] => []);
  const place = (person: string, tried: Set<number>): boolean => {
    for (const [index, { group, quorum }] of requirements.entries()) {
      const taken = places[index];
      if (taken === undefined || tried.has(index) || !people.get(person)?.includes(group)) continue;
      tried.add(index);
      if (taken.length < quorum) {
        taken.push(person);
        return true;
      }
      const movable = taken.findIndex((other) => place(other, tried));
      if (movable < 0) continue;
      taken[movable] = person;
      return true;
    }
    return false;
  };
  for (const person of people.keys()) place(person, new Set());
  return places.map(({ length }) => length);
}
