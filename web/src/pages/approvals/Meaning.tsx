import type { ReactNode } from 'react';
import type { Approval, OperationView } from '../../api/types.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { Facts, Section } from '../../ui/Page.tsx';

/** What the text parses to: what policy decided on. */
export function Meaning({ approval }: { readonly approval: Approval }) {
  if (approval.kind === 'access' || approval.operations.length === 0) return null;
  return (
    <Section title="What it parses to">
      <ul className="grid gap-4">
        {approval.operations.map((operation, index) => (
          // Operations have no identity but their place
          <li key={index} className="grid gap-2 border-t border-line pt-2.5">
            <div className="flex flex-wrap items-center gap-2">
              <span
                className={classes(
                  'min-w-0 font-medium break-words',
                  operation.title === operation.kind && 'uppercase',
                )}
              >
                <Visible text={operation.title} />
              </span>
              <Badge>{operation.access}</Badge>
              {touchesEveryRow(operation) && <Badge tone="deny">No WHERE: every row</Badge>}
              {operation.flags.map((flag) => (
                <Badge key={flag} tone="hold">
                  <Visible text={flag} />
                </Badge>
              ))}
            </div>
            <Facts items={factsOf(operation)} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function factsOf(operation: OperationView): readonly (readonly [string, ReactNode])[] {
  const tables = (use: 'read' | 'write') =>
    operation.tables.filter((table) => table.use === use).map(({ name }) => name);
  return [
    ...operation.facts.map(({ name, values }) => [name, namesOf(values)] as const),
    ['Writes', namesOf(tables('write'))],
    ['Reads', namesOf(tables('read'))],
    ['Columns', namesOf(operation.columns)],
    ['Filters by', namesOf(operation.filters)],
    ['Assigns', namesOf(operation.writes)],
    ['Copies', copiesOf(operation.copies)],
    ['Locks', operation.lock === undefined ? undefined : <Visible text={operation.lock} />],
    ['Functions', namesOf(operation.functions)],
    ['Why undecided', operation.reason === undefined ? undefined : <Visible text={operation.reason} />],
  ];
}

function copiesOf(copies: OperationView['copies']): ReactNode {
  if (copies.length === 0) return undefined;
  return (
    <ul className="grid gap-0.5">
      {copies.map(({ into, from, temporary }) => (
        <li key={into} className="min-w-0 break-words">
          <Mono text={from.join(', ') || 'nothing of a table'} /> into <Mono text={into} />
          {temporary && ' (for this session)'}
        </li>
      ))}
    </ul>
  );
}

function namesOf(names: readonly string[]): ReactNode {
  if (names.length === 0) return undefined;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5">
      {names.map((name, index) => (
        // Words of a command may come twice
        <li key={index} className="min-w-0 break-all">
          <Mono text={name} />
        </li>
      ))}
    </ul>
  );
}

function touchesEveryRow(operation: OperationView): boolean {
  return !operation.hasWhere && /^(?:delete|update)$/.test(operation.kind);
}
