import type { Definition, Standing } from '../model/mcp.ts';
import type { DefinitionRow } from '../store/definition-rows.ts';
import type { Finding } from './scan/finding.ts';

/** A thing that a target tells of, as people see it. Its name and its texts are the server's, and may be hostile. */
export interface FiledDefinition {
  readonly id: string;
  readonly target: string;
  readonly kind: Definition['kind'];
  readonly name: string;
  /** Of the form in which it is told of now, or was last. */
  readonly standing: Standing;
  /** False where the target tells of it no more. */
  readonly listed: boolean;
  /** The form that `standing` is of. */
  readonly current: FiledForm;
  /** The form that was accepted last, where it is another one. */
  readonly accepted?: FiledForm;
  /** All of them, oldest first. */
  readonly forms: readonly FiledForm[];
}

export interface FiledForm {
  /** SHA-256, hex. */
  readonly digest: string;
  readonly answer?: 'accepted' | 'rejected';
  readonly findings: readonly Finding[];
  readonly listed: boolean;
  /** RFC 3339, as all times. */
  readonly firstMetAt: string;
  readonly firstRun: string;
  readonly firstSession: string;
  readonly metAt: string;
  readonly metRun: string;
  readonly decided?: {
    readonly at: string;
    /** A person, a token, or `gateway`. */
    readonly by: string;
    readonly name?: string;
    readonly reason?: string;
  };
}

/** A row as it is listed: without its text. */
export type ListedDefinitionRow = Omit<DefinitionRow, 'text'>;

/** The forms of one definition as one; at least one row, oldest first. */
export function filedDefinition(rows: readonly [ListedDefinitionRow, ...ListedDefinitionRow[]]): FiledDefinition {
  const [{ definition, target, kind, name }] = rows;
  const now = rows.reduce((best, row) => (isNewer(row, best) ? row : best));
  const accepted = rows
    .filter(isAccepted)
    .reduce<ListedDefinitionRow | undefined>(
      (best, row) => ((best?.decided_at ?? '') <= (row.decided_at ?? '') ? row : best),
      undefined,
    );
  return {
    id: definition,
    target,
    kind: kind as Definition['kind'],
    name: JSON.parse(name) as string,
    standing: standingOf(now, accepted !== undefined),
    listed: now.listed === 1,
    current: filedForm(now),
    ...(accepted !== undefined && accepted !== now && { accepted: filedForm(accepted) }),
    forms: rows.map(filedForm),
  };
}

/** Rows of many definitions, those of one together, as definitions. */
export function filedDefinitions(rows: readonly ListedDefinitionRow[]): readonly FiledDefinition[] {
  return [...Map.groupBy(rows, ({ definition }) => definition).values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [filedDefinition([first, ...more])],
  );
}

function standingOf(row: ListedDefinitionRow, hasAccepted: boolean): Standing {
  if (isAccepted(row)) return 'accepted';
  if (row.standing === 'rejected') return 'rejected';
  return hasAccepted ? 'changed' : 'new';
}

/** What the log does not say yet nobody has said. */
function isAccepted({ standing, logged }: ListedDefinitionRow): boolean {
  return standing === 'accepted' && logged === 1;
}

/** Of two forms the one that is told of now; of two that are, the one that came last. */
function isNewer(row: ListedDefinitionRow, than: ListedDefinitionRow): boolean {
  if (row.listed !== than.listed) return row.listed > than.listed;
  if (row.met_at !== than.met_at) return row.met_at > than.met_at;
  return row.first_met_at > than.first_met_at;
}

function filedForm(row: ListedDefinitionRow): FiledForm {
  const { decided_at: at, decided_by: by, decided_name: name, reason } = row;
  return {
    digest: row.digest,
    ...(row.standing !== 'waiting' && row.logged === 1 && { answer: row.standing }),
    findings: JSON.parse(row.findings) as readonly Finding[],
    listed: row.listed === 1,
    firstMetAt: row.first_met_at,
    firstRun: row.first_run,
    firstSession: row.first_session,
    metAt: row.met_at,
    metRun: row.met_run,
    ...(at !== null &&
      by !== null && {
        decided: { at, by, ...(name !== null && { name }), ...(reason !== null && { reason }) },
      }),
  };
}
