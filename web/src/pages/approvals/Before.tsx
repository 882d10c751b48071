import type { Approval, StatementView } from '../../api/types.ts';
import { Asked } from '../../parts/http/Asked.tsx';
import { paths } from '../../paths.ts';
import { Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { DecisionBadge } from '../../ui/StateBadge.tsx';
import { Time } from '../../ui/Time.tsx';

/** What the same run did before in this target, the newest first. */
export function Before({ approval }: { readonly approval: Approval }) {
  return (
    <Section
      title="What the run did before"
      actions={
        <AppLink href={paths.session(approval.session)} className="text-sm text-accent">
          The session
        </AppLink>
      }
    >
      {approval.before.length === 0 ? (
        <p className="text-muted">Nothing: this is its first request in this target.</p>
      ) : (
        <ol className="divide-y divide-line border-y border-line">
          {approval.before.map((statement) => (
            <li key={`${statement.session}.${statement.exchange}`} className="grid gap-1 py-2">
              <span className="min-w-0 font-mono text-sm">
                <What statement={statement} />
              </span>
              <span className="flex flex-wrap items-center gap-x-3 text-sm text-muted">
                <DecisionBadge decision={statement.decision} />
                <Time at={statement.at} />
                {statement.rows !== undefined && <span>{rowsOf(statement.rows)}</span>}
                {statement.masked !== undefined && <span className="text-mask">{statement.masked} masked</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

/** Texts are for those who may read recordings; the rest see of what kind it was. */
function What({ statement }: { readonly statement: StatementView }) {
  if (statement.text !== '') return <Asked text={statement.text} line={statement.line} />;
  return (
    <Visible
      text={`${statement.kinds.join(', ').toUpperCase()} ${statement.tables.join(', ')}`.trim() || 'a request'}
    />
  );
}

function rowsOf(rows: number): string {
  return rows === 1 ? '1 row' : `${rows.toLocaleString('en')} rows`;
}
