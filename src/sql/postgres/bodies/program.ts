import type { CatalogueRelation } from '../catalogue.ts';
import type { Body } from '../nodes.ts';
import type { CatalogueFunction, CatalogueRule, CatalogueTrigger, FunctionReference } from '../programs.ts';
import {
  type ProgramBody,
  readDo,
  readExpressions,
  readRoutine,
  readRule,
  readStatements,
  unread,
} from './function-body.ts';

/** Something of the database that runs with a statement. One object for one thing of a catalogue. */
export interface Program {
  /** As people read it: `function app.f`, `trigger t`. */
  readonly title: string;
  /** The name that rules know it by; none for what is no function. */
  readonly name?: string;
  /** True where what it reads is its own business: a view, a check. What it changes is not. */
  readonly isQuiet: boolean;
  /** Its search path is empty: it is stored with every name resolved. */
  readonly isResolved: boolean;
  /** A function that is not volatile may run while its caller is planned. */
  readonly mayRunPlanned: boolean;
  readonly flags: readonly string[];
  /** The flag of what it runs. */
  readonly place: 'in-function' | 'in-trigger';
  /** Functions that it calls beside what its statements call. */
  readonly calls: readonly FunctionReference[];
  /** Names that mean no relation of the catalogue in what it calls. */
  readonly hides?: readonly string[];
  read(): ProgramBody;
}

export function programOf(one: CatalogueFunction): Program {
  return kept(one, () => {
    const name = `${one.schema}.${one.name}`;
    const { definition, calls = [] } = one;
    return {
      title: `${one.kind ?? 'function'} ${name}`,
      name,
      isQuiet: false,
      isResolved: false,
      mayRunPlanned: one.volatility !== 'volatile',
      flags: one.securityDefiner === true ? ['security-definer'] : [],
      place: 'in-function',
      calls,
      read: () => (definition === undefined ? NOTHING : readRoutine(definition)),
    };
  });
}

/** The block of a DO statement, given the statement's body. */
export function blockProgram(statement: Body): Program {
  return {
    title: 'the DO block',
    isQuiet: false,
    isResolved: false,
    mayRunPlanned: false,
    flags: [],
    place: 'in-function',
    calls: [],
    read: () => readDo(statement),
  };
}

/** A trigger: its WHEN clause; its function is another program. */
export function triggerProgram(trigger: CatalogueTrigger): Program {
  return kept(trigger, () => {
    const { definition } = trigger;
    const condition = definition === undefined ? undefined : WHEN.exec(definition)?.[1];
    const read = (): ProgramBody => (condition === undefined ? NOTHING : readExpressions([condition]));
    const title = `trigger ${trigger.name}`;
    const hides = trigger.transitions ?? [];
    return { ...RESOLVED, title, isQuiet: false, place: 'in-trigger', calls: [trigger.function], hides, read };
  });
}

/** A rule: its condition and its actions. */
export function ruleProgram(rule: CatalogueRule): Program {
  return kept(rule, () => ({
    ...RESOLVED,
    title: 'a rule',
    isQuiet: false,
    place: 'in-trigger',
    read: () => readRule(rule.definition),
  }));
}

/** Expressions that run with a relation: defaults, checks, policies, expressions of indexes. */
export function expressionsProgram(key: object, title: string, texts: readonly string[]): Program {
  return kept(key, () => ({ ...RESOLVED, title, read: () => readExpressions(texts) }));
}

/** The query of a view. */
export function viewProgram(view: CatalogueRelation): Program {
  return kept(view, () => {
    const title = `view ${view.schema}.${view.name}`;
    const { definition } = view;
    return {
      ...RESOLVED,
      title,
      read: () => (definition === undefined ? unread('its definition is not known') : readStatements(definition)),
    };
  });
}

const NOTHING: ProgramBody = { statements: [], flags: [] };

const RESOLVED = {
  isQuiet: true,
  isResolved: true,
  mayRunPlanned: true,
  flags: [],
  place: 'in-function',
  calls: [],
} as const;

/** The end of a CREATE TRIGGER as pg_get_triggerdef prints it. */
const WHEN = /\bWHEN (\(.*\)) EXECUTE (?:FUNCTION|PROCEDURE) /s;

const programs = new WeakMap<object, Program>();

function kept(key: object, make: () => Program): Program {
  const known = programs.get(key);
  if (known !== undefined) return known;
  const made = make();
  programs.set(key, made);
  return made;
}
