import type {
  Approval,
  ConfigurationObject,
  LiveEvent,
  Person,
  RunSummary,
  SessionView,
  StatementView,
} from '../src/api/types.ts';
import { CONFIGURATION } from './configuration-world.ts';
import { makeApprovals } from './world-approvals.ts';
import { PEOPLE } from './world-fixed.ts';
import { makeRuns } from './world-runs.ts';

/** What the mock knows; its routes read it, and change it as the real ones would. */
export interface World {
  readonly now: number;
  readonly people: Person[];
  readonly runs: RunSummary[];
  readonly sessions: SessionView[];
  readonly statements: StatementView[];
  readonly approvals: Approval[];
  readonly configuration: ConfigurationObject[];
  /** Those who follow `GET /v1/events`. */
  readonly followers: Set<(event: LiveEvent) => void>;
  loggedIn: boolean;
}

export function makeWorld(now: number): World {
  const { runs, sessions, statements } = makeRuns(now);
  return {
    now,
    people: structuredClone(PEOPLE),
    runs,
    sessions,
    statements,
    approvals: makeApprovals(now, runs, sessions, statements),
    configuration: structuredClone([...CONFIGURATION]),
    followers: new Set(),
    loggedIn: true,
  };
}

export function tell(world: World, event: LiveEvent): void {
  for (const follower of world.followers) follower(event);
}

/** An instant `ms` before `now`. */
export function ago(now: number, ms: number): string {
  return new Date(now - ms).toISOString();
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A generator of the same numbers from 0 to 1 each time (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function mockId(prefix: string, number: number): string {
  return `${prefix}_01kanq${number.toString(36).padStart(6, '0')}h7t3v9x2c4m6`;
}
