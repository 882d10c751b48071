import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import type { ConfigurationObject } from '../../api/types.ts';
import { objectsQuery } from '../../parts/configuration/queries.ts';
import { yamlField } from '../../parts/configuration/yaml-field.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { buttonClass } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { AppLink, useSearchState } from '../../ui/routing.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { CheckToken } from './CheckToken.tsx';
import { TrustObjectPage } from './TrustObjectPage.tsx';

type ObjectColumn = Column<ConfigurationObject>;

const NAME: ObjectColumn = {
  id: 'name',
  header: 'Name',
  className: 'w-1/4',
  cell: ({ name }) => <Visible text={name} />,
  sortBy: ({ name }) => name,
  fold: 'title',
};
const CHANGED: ObjectColumn = {
  id: 'at',
  header: 'Changed',
  className: 'w-28',
  align: 'end',
  cell: ({ updatedAt }) => <Time at={updatedAt} />,
  sortBy: ({ updatedAt }) => updatedAt,
  fold: 'end',
};

const field = (id: string, header: string, className?: string, fold: 'detail' | 'hidden' = 'detail'): ObjectColumn => ({
  id,
  header,
  cell: ({ text }) => <Mono text={yamlField(text, id).join(', ')} className="text-muted" />,
  fold,
  ...(className !== undefined && { className }),
});

const RULE_COLUMNS = [
  NAME,
  field('issuer', 'Issuer', 'w-40', 'hidden'),
  field('claims', 'Claims'),
  field('targets', 'Targets', 'w-1/6'),
  CHANGED,
];
const ISSUER_COLUMNS = [NAME, field('kind', 'Kind', 'w-40', 'hidden'), field('issuer', 'Issuer'), CHANGED];

/** Whose tokens are believed, and which jobs are let in where. `?issuer=` and `?rule=` open one, `?new=` begins one. */
export function TrustPage() {
  const [{ issuer, rule, new: begun }] = useSearchState();
  if (issuer !== undefined) return <TrustObjectPage key={`issuer ${issuer}`} kind="issuer" name={issuer} />;
  if (rule !== undefined) return <TrustObjectPage key={`rule ${rule}`} kind="trust" name={rule} />;
  if (begun !== undefined) return <TrustObjectPage key={begun} kind={begun === 'issuer' ? 'issuer' : 'trust'} />;
  return <TrustLists />;
}

function TrustLists() {
  return (
    <Page
      title="Trust"
      description="A job shows the token that its CI system signed for it. An issuer says whose tokens are believed; a rule says which of those jobs may enter what."
    >
      <Objects kind="trust" title="Rules" columns={RULE_COLUMNS} parameter="rule" />
      <Objects kind="issuer" title="Issuers" columns={ISSUER_COLUMNS} parameter="issuer" />
      <CheckToken />
    </Page>
  );
}

interface ObjectsProps {
  readonly kind: 'trust' | 'issuer';
  readonly title: string;
  readonly columns: readonly ObjectColumn[];
  readonly parameter: 'rule' | 'issuer';
}

function Objects({ kind, title, columns, parameter }: ObjectsProps) {
  const objects = useQuery(objectsQuery(kind));
  const mayWrite = useCan('configuration:write');
  return (
    <Section
      title={title}
      actions={
        mayWrite && (
          <AppLink href={`${paths.trust()}?new=${parameter}`} className={buttonClass('plain', 'sm')}>
            <Plus /> New {parameter}
          </AppLink>
        )
      }
    >
      <Loaded query={objects} skeleton={<SkeletonRows rows={2} />}>
        {(rows) => (
          <DataTable
            caption={title}
            rows={rows}
            columns={columns}
            rowKey={({ name }) => name}
            rowHref={({ name }) => `${paths.trust()}?${parameter}=${encodeURIComponent(name)}`}
            empty={
              <EmptyState
                title={kind === 'trust' ? 'No rules, so no job is let in' : 'No issuers, so no token is believed'}
                command="chaperone apply trust.yaml"
              >
                {kind === 'trust'
                  ? 'A rule names an issuer, the claims that a job must have, and the targets that it may enter.'
                  : 'An issuer is a CI system or cloud whose tokens the gateway verifies: GitHub Actions, GitLab, twelve others, or any OpenID provider.'}
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </Section>
  );
}
