import { useQuery } from '@tanstack/react-query';
import type { DefinitionDetails, DefinitionFinding } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Code, Mono, Visible } from '../../ui/Code.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { AppLink, useParam } from '../../ui/routing.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { DefinitionDecision } from './DefinitionDecision.tsx';
import { DefinitionFacts } from './DefinitionFacts.tsx';
import { FINDING_WORDS, KIND_WORDS, nameOf } from './definition-words.ts';
import { definitionQuery } from './queries.ts';
import { StandingBadge } from './StandingBadge.tsx';

/** One thing that an MCP target tells of: what looks like a trap in it, what changed, and the whole of it. */
export function DefinitionPage() {
  const definition = useQuery(definitionQuery(useParam('definition')));
  const title = definition.data ? nameOf(definition.data) : 'Definition';
  return (
    <Page
      title={visible(title)}
      above={<AppLink href={paths.definitions()}>Definitions</AppLink>}
      heading={<Heading definition={definition.data} title={title} />}
      description={definition.data && <Of definition={definition.data} />}
    >
      <Loaded query={definition} skeleton={<Skeleton lines={10} />}>
        {(data) => <Detail definition={data} />}
      </Loaded>
    </Page>
  );
}

function Detail({ definition }: { readonly definition: DefinitionDetails }) {
  const { accepted, current, forms, differences } = definition;
  const shown = (digest: string | undefined) => forms.find((form) => form.digest === digest)?.shown ?? '';
  return (
    <div className="grid gap-x-10 gap-y-7 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="grid min-w-0 content-start gap-7">
        {current.findings.length > 0 && <Findings findings={current.findings} />}
        {accepted !== undefined && differences.length > 0 && <Differences differences={differences} />}
        <Section title={accepted === undefined ? 'What the server says' : 'All of it, before and now'}>
          {accepted === undefined ? (
            <Code text={shown(current.digest)} whole label="The definition" />
          ) : (
            <Diff
              before={shown(accepted.digest)}
              after={shown(current.digest)}
              label="The accepted definition and the current one"
            />
          )}
        </Section>
      </div>
      {/* On a phone it is read before it is decided. */}
      <aside aria-label="Decision" className="grid content-start gap-7 lg:sticky lg:top-6 lg:self-start">
        <DefinitionDecision definition={definition} />
        <DefinitionFacts definition={definition} />
      </aside>
    </div>
  );
}

function Findings({ findings }: { readonly findings: readonly DefinitionFinding[] }) {
  return (
    <Section title="What looks like a trap">
      <ul className="divide-y divide-line border-y border-line">
        {findings.map(({ code, where, snippet }, index) => (
          // Findings have no identity but their place
          <li key={index} className="grid min-w-0 gap-1 py-2">
            <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <Badge tone="deny">{FINDING_WORDS[code] ?? code}</Badge>
              <Mono text={where} className="min-w-0 break-all text-muted" />
            </span>
            <span className="min-w-0 font-mono text-sm break-words">
              <Visible text={snippet} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Differences({ differences }: Pick<DefinitionDetails, 'differences'>) {
  return (
    <Section title="What differs from the accepted form">
      <ul className="grid min-w-0 gap-4">
        {differences.map(({ where, before = '', after = '' }) => (
          <li key={where} className="grid min-w-0 gap-1">
            <Mono text={where === '' ? '(all of it)' : where} className="break-all" />
            <Texts before={before} after={after} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Descriptions are long lines, so they are broken here and never scroll sideways. */
function Texts({ before, after }: { readonly before: string; readonly after: string }) {
  const texts = [
    ['before', before, 'border-deny bg-deny-soft'],
    ['now', after, 'border-permit bg-permit-soft'],
  ] as const;
  return (
    <dl className="grid gap-1">
      {texts.map(([name, text, tone]) => (
        <div key={name} className={`grid grid-cols-[3.5rem_minmax(0,1fr)] gap-2 border-l-2 px-2 py-1 ${tone}`}>
          <dt className="text-sm">{name}</dt>
          <dd className="min-w-0 font-mono text-sm break-words whitespace-pre-wrap">
            {text === '' ? <span className="font-sans">(not there)</span> : <Visible text={text} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Heading({
  definition,
  title,
}: {
  readonly definition: DefinitionDetails | undefined;
  readonly title: string;
}) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="min-w-0 break-all">
        <Visible text={title} />
      </span>
      {definition !== undefined && <StandingBadge standing={definition.standing} />}
      {definition?.listed === false && <Badge>gone</Badge>}
    </span>
  );
}

function Of({ definition: { kind, target } }: { readonly definition: DefinitionDetails }) {
  return (
    <>
      {KIND_WORDS[kind]} of{' '}
      <AppLink href={paths.target(target)} className="underline">
        <Visible text={target} />
      </AppLink>
    </>
  );
}
