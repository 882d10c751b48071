import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ConfigurationObject } from '../../api/types.ts';
import { DeleteDialog } from '../../parts/configuration/DeleteDialog.tsx';
import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { objectQuery, objectsQuery } from '../../parts/configuration/queries.ts';
import { useCan } from '../../parts/me.ts';
import { targetsQuery } from '../../parts/targets.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useGo } from '../../ui/routing.tsx';
import { ISSUER_WORDS, trustWords } from './trust-words.ts';

const DRAFTS = {
  trust: `trust:
  - name: 
    preset: github
    repository: OWNER/NAME
    repositoryId: ""
    branches: main
    targets: []
`,
  issuer: `issuers:
  - name: 
    kind: github
    issuer: https://token.actions.githubusercontent.com
`,
} as const;

interface TrustObjectPageProps {
  readonly kind: 'trust' | 'issuer';
  /** Absent for a new one. */
  readonly name?: string;
}

export function TrustObjectPage({ kind, name }: TrustObjectPageProps) {
  if (name === undefined) return <NewObject kind={kind} />;
  return <OneObject kind={kind} name={name} />;
}

function NewObject({ kind }: { readonly kind: 'trust' | 'issuer' }) {
  const go = useGo();
  return (
    <Page
      title={kind === 'trust' ? 'New rule' : 'New issuer'}
      above={<Above />}
      description={
        kind === 'trust'
          ? 'Pin an id that never changes (repositoryId): names can be given to somebody else.'
          : undefined
      }
    >
      <ObjectEditor
        kind={kind}
        text={DRAFTS[kind]}
        words={useTrustWords(kind)}
        onSaved={(name) => go(pathOf(kind, name), { replace: true })}
      />
    </Page>
  );
}

function OneObject({ kind, name }: { readonly kind: 'trust' | 'issuer'; readonly name: string }) {
  const object = useQuery(objectQuery(kind, name));
  const words = useTrustWords(kind);
  const mayWrite = useCan('configuration:write');
  const [deleting, setDeleting] = useState(false);
  const go = useGo();
  return (
    <Page
      title={visible(name)}
      above={<Above />}
      description={kind === 'trust' ? 'A trust rule: all of its claims must match.' : 'An issuer of tokens.'}
      actions={mayWrite && object.data && <Button onClick={() => setDeleting(true)}>Delete…</Button>}
    >
      <Loaded query={object}>
        {(found: ConfigurationObject) => (
          <>
            <ObjectEditor kind={kind} object={found} text={found.text} words={words} onSaved={() => undefined} />
            {deleting && (
              <DeleteDialog
                object={found}
                onClose={() => setDeleting(false)}
                onDeleted={() => go(paths.trust(), { replace: true })}
              >
                <p>
                  {kind === 'trust'
                    ? 'Jobs that only this rule lets in are refused from now on. Grants that it gave last until they expire.'
                    : 'Tokens of this issuer are no longer believed, and its rules let nobody in.'}
                </p>
              </DeleteDialog>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Above() {
  return <AppLink href={paths.trust()}>Trust</AppLink>;
}

function pathOf(kind: 'trust' | 'issuer', name: string): string {
  return `${paths.trust()}?${kind === 'trust' ? 'rule' : 'issuer'}=${encodeURIComponent(name)}`;
}

function useTrustWords(kind: 'trust' | 'issuer') {
  const targets = useQuery(targetsQuery).data;
  const issuers = useQuery(objectsQuery('issuer')).data;
  return useMemo(() => {
    if (kind === 'issuer') return ISSUER_WORDS;
    return trustWords(
      targets ?? [],
      (issuers ?? []).map(({ name }) => name),
    );
  }, [kind, targets, issuers]);
}
