import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo } from 'react';
import { buttonClass } from '../../ui/Button.tsx';
import { Input } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { EndpointEntry } from './EndpointEntry.tsx';
import { type Endpoint, endpointsOf, isAbout, type OpenApi, openApiQuery } from './openapi.ts';

/** The REST API, from the document that the gateway makes of its own routes. */
export function ReferencePage() {
  const document = useQuery(openApiQuery);
  return (
    <Page
      title="API"
      description="Everything that these pages and the command line do, they do by this API; there is no other."
      actions={
        <a href="/openapi.json" download className={buttonClass('plain')}>
          OpenAPI document
        </a>
      }
    >
      <Loaded query={document}>{(data) => <Reference document={data} />}</Loaded>
    </Page>
  );
}

function Reference({ document }: { readonly document: OpenApi }) {
  const [search, change] = useSearchState();
  const text = search['text'] ?? '';
  const wanted = useDeferredValue(text);
  const groups = useMemo(() => {
    const found = endpointsOf(document).filter((endpoint) => isAbout(endpoint, wanted));
    return [...Map.groupBy(found, (endpoint) => endpoint.tag)];
  }, [document, wanted]);
  return (
    <div className="grid gap-x-10 gap-y-5 lg:grid-cols-[11rem_minmax(0,1fr)]">
      <div className="grid content-start gap-3 lg:sticky lg:top-6 lg:self-start">
        <Input
          type="search"
          aria-label="Find a route"
          placeholder="Find a route"
          value={text}
          onChange={(event) => change({ text: event.target.value })}
        />
        <nav aria-label="Groups of routes" className="hidden lg:block">
          <ul>
            {groups.map(([tag, endpoints]) => (
              <li key={tag}>
                <a href={`#${anchorOf(tag)}`} className="flex justify-between py-0.5 text-muted hover:text-text">
                  {tag} <span className="text-faint">{endpoints.length}</span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="grid min-w-0 content-start gap-8">
        {groups.length === 0 && <p className="text-muted">No route is about that.</p>}
        {groups.map(([tag, endpoints]) => (
          <Group key={tag} tag={tag} endpoints={endpoints} document={document} />
        ))}
      </div>
    </div>
  );
}

interface GroupProps {
  readonly tag: string;
  readonly endpoints: readonly Endpoint[];
  readonly document: OpenApi;
}

function Group({ tag, endpoints, document }: GroupProps) {
  const schemas = document.components?.schemas ?? {};
  return (
    <section id={anchorOf(tag)} aria-labelledby={`${anchorOf(tag)}-title`}>
      <h2 id={`${anchorOf(tag)}-title`} className="pb-2 text-lg font-semibold first-letter:uppercase">
        {tag}
      </h2>
      <ul className="divide-y divide-line border-y border-line">
        {endpoints.map((endpoint) => (
          <EndpointEntry key={endpoint.id} endpoint={endpoint} context={{ schemas }} />
        ))}
      </ul>
    </section>
  );
}

function anchorOf(tag: string): string {
  return `group-${tag.replaceAll(/\W+/g, '-')}`;
}
