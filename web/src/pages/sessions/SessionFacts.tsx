import type { ReactNode } from 'react';
import type { SessionView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Elapsed, Time } from '../../ui/Time.tsx';
import { repositoryText } from './repository-text.ts';

/** Who, of which run, when, and how it went, in a line or two. */
export function SessionFacts({ session }: { readonly session: SessionView }) {
  const { principal, repository, run, openedAt, closedAt, permitted, denied, masked, id } = session;
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      <Fact name="Who">
        <Visible text={principal} />
      </Fact>
      {repository !== undefined && !principal.startsWith(repositoryText(repository)) && (
        <Fact name="Repository">
          <Visible text={repositoryText(repository)} />
        </Fact>
      )}
      <Fact name="Run">
        <AppLink href={paths.run(run)} className="text-accent">
          <Mono text={run} />
        </AppLink>
      </Fact>
      <Fact name="Session">
        <Mono text={id} />
      </Fact>
      <Fact name="Opened">
        <Time at={openedAt} />
      </Fact>
      <Fact name={closedAt === undefined ? 'For' : 'Lasted'}>
        <Elapsed from={openedAt} to={closedAt} />
      </Fact>
      <Fact name="Permitted">{permitted.toLocaleString('en')}</Fact>
      <Fact name="Refused">
        <span className={denied > 0 ? 'text-deny' : undefined}>{denied.toLocaleString('en')}</span>
      </Fact>
      <Fact name="Masked values">
        <span className={masked > 0 ? 'text-mask' : undefined}>{masked.toLocaleString('en')}</span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex min-w-0 gap-1.5">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 break-all text-text">{children}</dd>
    </div>
  );
}
