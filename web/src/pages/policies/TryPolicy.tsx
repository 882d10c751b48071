import { useMutation } from '@tanstack/react-query';
import { FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import type { PolicyTrial } from '../../api/types.ts';
import { ProblemList } from '../../parts/configuration/ProblemList.tsx';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { Sql, Visible } from '../../ui/Code.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

interface TryPolicyProps {
  readonly text: string;
  /** Of the policy that it takes the place of; absent for one that is new. */
  readonly name?: string;
}

/** What of the recent requests would have been decided otherwise. Nothing is changed by it. */
export function TryPolicy({ text, name }: TryPolicyProps) {
  const [tried, setTried] = useState<string>();
  const trial = useMutation({
    mutationFn: async () => {
      const { data } = await call<PolicyTrial>('POST', '/v1/policies/try', {
        body: { text, ...(name !== undefined && { name }) },
      });
      setTried(text);
      return data;
    },
  });
  return (
    <Section
      title="On recent traffic"
      actions={
        <Button icon={<FlaskConical />} busy={trial.isPending} onClick={() => trial.mutate()}>
          Try it
        </Button>
      }
    >
      {trial.error !== null && <Problem error={trial.error} />}
      {trial.data === undefined && trial.error === null && (
        <p className="text-muted">
          Decides recent requests again with this text in place, and shows those that would have ended otherwise.
        </p>
      )}
      {trial.data !== undefined && (
        <>
          {tried !== text && <p className="text-hold">The text has changed since; try it again.</p>}
          <Trial trial={trial.data} />
        </>
      )}
    </Section>
  );
}

function Trial({ trial: { looked, same, changed, problems } }: { readonly trial: PolicyTrial }) {
  if (problems.length > 0) return <ProblemList problems={problems} />;
  if (looked === 0) return <p className="text-muted">There are no recent requests to try it on.</p>;
  return (
    <>
      <p role="status">
        {changed.length === 0
          ? `All of the last ${looked} requests would have been decided the same.`
          : `${changed.length} of the last ${looked} requests would have been decided otherwise; ${same} the same.`}
      </p>
      <ul
        aria-label="Requests that would have been decided otherwise"
        className="divide-y divide-line border-y border-line empty:hidden"
      >
        {changed.map(({ statement, before, after }) => (
          <li key={`${statement.session} ${statement.exchange}`} className="grid gap-1 py-2">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <Outcome text={before} />
              <span aria-label="would become">→</span>
              <Outcome text={after} />
              <AppLink
                href={`${paths.session(statement.session)}?exchange=${statement.exchange}`}
                className="ml-auto text-sm text-muted underline"
              >
                <Visible text={statement.principal} />, <Time at={statement.at} plain />
              </AppLink>
            </div>
            <p className="line-clamp-3 font-mono text-sm">
              {statement.text === '' ? (
                <span className="text-muted">
                  {statement.kinds.join(', ')} on {statement.tables.join(', ')}
                </span>
              ) : (
                <Sql text={statement.text} />
              )}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function Outcome({ text }: { readonly text: string }) {
  const tone = /^deny|refus/iu.test(text) ? 'text-deny' : /approv|ask|hold/iu.test(text) ? 'text-hold' : 'text-permit';
  return (
    <span className={`font-medium ${tone}`}>
      <Visible text={text} />
    </span>
  );
}
