import type { Operation, OutputColumn } from '../../model/request.ts';
import type { Catalogue } from './catalogue.ts';
import type { Facts } from './facts.ts';
import type { Body } from './nodes.ts';
import { CHANGES_DEFINITIONS, CHANGES_PROGRAMS, isMark } from './operation-parts.ts';
import { changesPrograms } from './stale.ts';

export function withoutMarks(operation: Operation | undefined): Operation {
  if (operation === undefined) throw new Error('an operation stands where one was added');
  const columns = operation.columns ?? (operation.access === 'unknown' ? 'unknown' : []);
  return { ...operation, columns, flags: operation.flags.filter((flag) => !isMark(flag)) };
}

/** It may change the session in ways that the text does not tell: nobody follows what a function sets. */
export function mayChangeSession({ kind, access, flags, functions }: Operation): boolean {
  if (access === 'unknown') return true;
  if (!flags.includes('in-function') && !flags.includes('in-trigger')) return false;
  return kind === 'function' ? functions.includes('set_config') : access === 'session' || kind === 'set';
}

export function marksOf(tag: string, body: Body, ddl: boolean): readonly string[] {
  if (!ddl) return [];
  return changesPrograms(tag, body, ddl) ? [CHANGES_DEFINITIONS, CHANGES_PROGRAMS] : [CHANGES_DEFINITIONS];
}

export function firesEventTriggers(facts: Facts, catalogue: Catalogue | undefined): void {
  const triggers = catalogue?.programs.eventTriggers ?? [];
  for (const called of triggers) facts.reference(called);
  if (triggers.length > 0) facts.flags.add('fires-trigger');
}

/** A function that claims to be immutable is called by the planner, and what it returns stands in the plan. */
export function hiddenOutput({ name }: OutputColumn): OutputColumn {
  return { name, sources: 'unknown', plain: false };
}
