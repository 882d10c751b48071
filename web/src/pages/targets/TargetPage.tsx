import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { TargetView } from '../../api/types.ts';
import { DeleteDialog } from '../../parts/configuration/DeleteDialog.tsx';
import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { objectQuery } from '../../parts/configuration/queries.ts';
import { useCan } from '../../parts/me.ts';
import { targetsQuery } from '../../parts/targets.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Facts, Page, Section } from '../../ui/Page.tsx';
import { AppLink, useGo, useParam } from '../../ui/routing.tsx';
import { CheckTarget } from './CheckTarget.tsx';
import { ClassifyTarget } from './ClassifyTarget.tsx';
import { Inherited } from './Inherited.tsx';
import { Labels } from './Labels.tsx';
import { TlsBadge } from './TlsBadge.tsx';
import { TARGET_WORDS } from './target-words.ts';
import { WhatBreaks } from './WhatBreaks.tsx';

export function TargetPage() {
  const name = useParam('target');
  const targets = useQuery(targetsQuery);
  const mayRead = useCan('configuration:read');
  return (
    <Page title={visible(name)} above={<AppLink href={paths.targets()}>Targets</AppLink>}>
      <Loaded query={targets}>
        {(all) => {
          const target = all.find((each) => each.name === name);
          if (target === undefined) {
            return (
              <EmptyState title="There is no target of this name">It may have been deleted, or renamed.</EmptyState>
            );
          }
          return (
            <>
              <div className="grid gap-x-10 gap-y-6 lg:grid-cols-2">
                <About target={target} />
                <CheckTarget target={name} />
              </div>
              <Classified target={target} />
              <ClassifyTarget target={name} />
              <Inherited target={target} />
              {mayRead && <Declaration name={name} />}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function About({ target }: { readonly target: TargetView }) {
  const hasLabels = Object.keys(target.labels).length > 0;
  return (
    <Section title="About">
      <Facts
        items={[
          ['Protocol', <Visible key="protocol" text={target.protocol} />],
          ['Address', <Mono key="address" text={target.address} />],
          ['Database', target.database === undefined ? undefined : <Mono key="database" text={target.database} />],
          ['TLS', <TlsBadge key="tls" mode={target.tls} />],
          ['Recorded', RECORDED[target.recordMode] ?? <Visible key="record" text={target.recordMode} />],
          ['Labels', hasLabels ? <Labels key="labels" labels={target.labels} /> : undefined],
          [
            'Definitions',
            target.protocol === 'mcp' ? (
              <AppLink key="definitions" href={paths.definitionsOf(target.name)} className="underline">
                what it says of its tools
              </AppLink>
            ) : undefined,
          ],
          [
            'Sessions',
            <AppLink
              key="sessions"
              href={`${paths.sessions()}?target=${encodeURIComponent(target.name)}`}
              className="underline"
            >
              all sessions in it
            </AppLink>,
          ],
        ]}
      />
    </Section>
  );
}

const RECORDED: Readonly<Record<string, string>> = {
  strict: 'strictly: nothing is forwarded before it is on disk',
  batched: 'in batches: up to 50 ms may be lost with the power',
};

function Classified({ target: { classified } }: { readonly target: TargetView }) {
  return (
    <Section title="Classified columns">
      {classified.length === 0 ? (
        <p className="max-w-prose text-muted">
          None. Columns that are named here with a class are masked wherever a policy masks that class, however the
          statement gets at them.
        </p>
      ) : (
        <ul className="grid gap-x-8 gap-y-1 sm:grid-cols-2 lg:grid-cols-3">
          {classified.map(({ column, class: name }) => (
            <li key={column} className="flex min-w-0 items-center justify-between gap-2 border-b border-line py-1">
              <span className="min-w-0 truncate">
                <Mono text={column} />
              </span>
              <Badge tone="mask">
                <Visible text={name} />
              </Badge>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Declaration({ name }: { readonly name: string }) {
  const object = useQuery(objectQuery('target', name));
  const mayWrite = useCan('configuration:write');
  const [deleting, setDeleting] = useState(false);
  const go = useGo();
  return (
    <Section
      title="Declaration"
      actions={
        mayWrite && (
          <Button size="sm" onClick={() => setDeleting(true)}>
            Delete…
          </Button>
        )
      }
    >
      <Loaded query={object}>
        {(found) => (
          <>
            <ObjectEditor
              key={found.name}
              kind="target"
              object={found}
              text={found.text}
              words={TARGET_WORDS}
              onSaved={() => undefined}
            />
            {deleting && (
              <DeleteDialog
                object={found}
                onClose={() => setDeleting(false)}
                onDeleted={() => go(paths.targets(), { replace: true })}
              >
                <WhatBreaks target={name} />
              </DeleteDialog>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}
