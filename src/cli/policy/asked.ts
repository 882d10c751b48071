import type { ClassifiedColumn } from '../../model/target.ts';
import type { Policy } from '../../policy/policy.ts';
import { loadPostgresParser } from '../../sql/postgres/parser.ts';
import { SchemaText } from '../../sql/postgres/schema/schema-text.ts';
import { askedPrincipal } from '../../trials/asked-principal.ts';
import { askedTarget } from '../../trials/asked-target.ts';
import { type TrialAnswer, TrialSession } from '../../trials/trial-session.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import { fieldsOf, pair } from './asked-fields.ts';
import { LOCAL_FILES } from './case-files.ts';

/** A statement to judge, by whom and where, as the command line says it. */
export interface Question {
  readonly statement: string;
  readonly target: string;
  /** `name=value`. */
  readonly label: readonly string[];
  /** `run.sourceRef=refs/heads/main`. */
  readonly as: readonly string[];
  /** `schema.table.column=class` or `…=class:mask`. */
  readonly classified?: readonly string[];
  /** A file with the definitions of the database. */
  readonly schema?: string | undefined;
  /** RFC 3339; now where absent. */
  readonly at?: string | undefined;
}

/**
 * Decides as a gateway would that had these policies. Without a schema's text what views and functions of the target's own
 * do is not known here, and is judged as such.
 */
export async function answerOffline(policies: readonly Policy[], question: Question): Promise<TrialAnswer> {
  await loadPostgresParser();
  const { label, as, classified = [], schema: path, at } = question;
  const nowMs = at === undefined ? Date.now() : Date.parse(at);
  if (Number.isNaN(nowMs)) throw new CliError(EXIT.usage, `${printable(at ?? '')} is not a time`);
  const schema = path === undefined ? undefined : readSchema(path);
  const target = askedTarget({
    name: question.target,
    labels: Object.fromEntries(label.map((text) => pair(text, '--label'))),
    classified: classified.map(columnOf),
  });
  const principal = principalOf(as, nowMs);
  return new TrialSession({ policies, principal, target, schema, nowMs }).ask(question.statement);
}

function principalOf(as: readonly string[], nowMs: number) {
  try {
    return askedPrincipal(fieldsOf(as), nowMs);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CliError(EXIT.usage, printable(cause.message), { hint: 'Write --as run.sourceRepositoryId=74', cause });
  }
}

function readSchema(path: string): SchemaText {
  const schema = new SchemaText();
  try {
    schema.add(LOCAL_FILES.text(path));
  } catch (cause) {
    throw new CliError(EXIT.config, `${printable(path)} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return schema;
}

function columnOf(text: string): ClassifiedColumn {
  const [name, what] = pair(text, '--classified');
  const [schema, table, column, more] = name.split('.');
  const [of = '', mask] = what.split(':');
  if (schema === undefined || table === undefined || column === undefined || more !== undefined) {
    throw new CliError(EXIT.usage, `--classified ${printable(text)} is not SCHEMA.TABLE.COLUMN=CLASS`);
  }
  if (mask === undefined) return { schema, table, column, class: of };
  if (mask !== 'redact' && mask !== 'partial' && mask !== 'hash' && mask !== 'null') {
    throw new CliError(EXIT.usage, `${printable(mask)} is not a mask`, {
      hint: 'Write redact, partial, hash or null.',
    });
  }
  return { schema, table, column, class: of, mask };
}
