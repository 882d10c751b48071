import { LIMITS } from '../../../model/limits.ts';
import type { Operation } from '../../../model/request.ts';
import type { AnalysisContext, Statement } from '../analysis.ts';
import type { RunProgram } from '../called-programs.ts';
import { type Catalogue, throughPath, withSearchPath, withTemporaries, withUnknownPath } from '../catalogue.ts';
import { effectOfReference } from '../functions.ts';
import { OPAQUE } from '../operation-parts.ts';
import { OperationBuilder } from '../operations.ts';
import type { ProgramBody } from './function-body.ts';
import type { Program } from './program.ts';

/** What a program does itself. */
export interface DirectBody {
  readonly operations: readonly Operation[];
  /** What it runs, with the catalogue that its names are looked up in. */
  readonly reached: readonly RunProgram[];
  /** Its result may derive from what is not among the tables of its operations. */
  readonly isOpaque: boolean;
  /** A part of it that nobody can tell, as an operation that is unknown. */
  readonly problem?: Operation;
}

/** Remembered for each catalogue. Never throws: what cannot be read is an operation that is unknown. */
export function directBody(program: Program, catalogue: Catalogue): DirectBody {
  const known = directs.get(catalogue)?.get(program);
  if (known !== undefined) return known;
  const made = analysed(program, catalogue);
  const kept = directs.get(catalogue) ?? new Map<Program, DirectBody>();
  directs.set(catalogue, kept.set(program, made));
  return made;
}

const directs = new WeakMap<Catalogue, Map<Program, DirectBody>>();

function analysed(program: Program, catalogue: Catalogue): DirectBody {
  const body = program.read();
  const own = program.isResolved
    ? withSearchPath(catalogue, [])
    : body.searchPath === undefined
      ? catalogue
      : throughPath(catalogue, body.searchPath);
  try {
    const { builder, statements } = build(body, own);
    // a body is no list: what changes the path may run before any of its other statements
    const changesPath = statements.some(({ effects }) => effects.searchPath !== undefined);
    const read = changesPath ? build(body, withUnknownPath(own)).builder : builder;
    return withCalls(program, body, own, read);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const problem = unknown(program, `it cannot be analysed: ${why}`, []);
    return { operations: [], reached: [], isOpaque: true, problem };
  }
}

function build(
  { statements }: ProgramBody,
  catalogue: Catalogue,
): { readonly builder: OperationBuilder; readonly statements: readonly Statement[] } {
  if (statements.length > LIMITS.maxFunctionOperations) throw new RangeError('it has too many statements');
  const context: AnalysisContext = { catalogue, prepared: () => undefined, cursor: () => undefined };
  const builder = new OperationBuilder(context, 'body');
  return { builder, statements: statements.map((statement) => builder.add(statement)) };
}

function withCalls(program: Program, body: ProgramBody, catalogue: Catalogue, builder: OperationBuilder): DirectBody {
  const operations = [...builder.operations];
  const reached: RunProgram[] = [...builder.reached];
  let isOpaque = operations.some((one) => one.flags.includes(OPAQUE));
  const hidden = program.hides ?? [];
  const temporaries = new Set([...(catalogue.temporaries ?? []), ...hidden]);
  const seen = hidden.length === 0 ? catalogue : withTemporaries(catalogue, temporaries);
  for (const called of program.calls) {
    const effect = effectOfReference(called, catalogue);
    for (const next of effect.programs ?? []) reached.push({ program: next, catalogue: seen, functions: [] });
    isOpaque ||= effect.result === 'unknown';
    if (effect.access === 'read') continue;
    const name = `${called.schema}.${called.name}`;
    const reason = effect.reason === undefined ? {} : { reason: effect.reason };
    operations.push({
      ...EMPTY,
      access: effect.access,
      functions: [name.toLowerCase()],
      flags: effect.flags,
      ...reason,
    });
  }
  if (body.problem === undefined) return { operations, reached, isOpaque };
  return { operations, reached, isOpaque: true, problem: unknown(program, body.problem, body.flags) };
}

const EMPTY: Operation = {
  kind: 'function',
  access: 'unknown',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  columns: [],
};

function unknown(program: Program, why: string, flags: readonly string[]): Operation {
  const functions = program.name === undefined ? [] : [program.name.toLowerCase()];
  return { ...EMPTY, functions, flags, columns: 'unknown', reason: `${program.title}: ${why}` };
}
