import type { DefinitionDetails, DefinitionForm } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Facts, Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

/** Where a definition was met, and who said what of its forms. */
export function DefinitionFacts({ definition: { current, forms } }: { readonly definition: DefinitionDetails }) {
  const decided = forms.filter((form) => form.decided !== undefined).toReversed();
  return (
    <>
      <Section title="Met">
        <Facts
          items={[
            ['First', <Time key="first" at={current.firstMetAt} />],
            [
              'In',
              <AppLink key="session" href={paths.session(current.firstSession)} className="underline">
                a session
              </AppLink>,
            ],
            ['Last', <Time key="last" at={current.metAt} />],
            ['Digest', <Mono key="digest" text={current.digest} className="break-all" />],
          ]}
        />
      </Section>
      {decided.length > 0 && (
        <Section title="What people said">
          <ul className="grid gap-2">
            {decided.map((form) => (
              <Said key={form.digest} form={form} />
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Said({ form: { answer, decided, digest } }: { readonly form: DefinitionForm }) {
  if (decided === undefined) return null;
  return (
    <li className="grid gap-0.5 text-sm">
      <span>
        {answer === 'rejected' ? 'Rejected' : 'Accepted'} <Time at={decided.at} /> by{' '}
        <Visible text={decided.name ?? (decided.by === 'gateway' ? 'the first use' : decided.by)} />
      </span>
      <Mono text={digest.slice(0, 12)} className="text-muted" />
      {decided.reason !== undefined && (
        <span className="break-words text-muted">
          <Visible text={decided.reason} />
        </span>
      )}
    </li>
  );
}
