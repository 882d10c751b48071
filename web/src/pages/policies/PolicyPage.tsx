import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DeleteDialog } from '../../parts/configuration/DeleteDialog.tsx';
import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { objectQuery } from '../../parts/configuration/queries.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useGo, useParam } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';
import { ExplainStatement } from './ExplainStatement.tsx';
import { summaryOf } from './summary.ts';
import { TryPolicy } from './TryPolicy.tsx';
import { usePolicyWords } from './use-policy-words.ts';

export function PolicyPage() {
  const name = useParam('policy');
  const policy = useQuery(objectQuery('policy', name));
  const words = usePolicyWords();
  const mayWrite = useCan('configuration:write');
  const [deleting, setDeleting] = useState(false);
  const go = useGo();
  return (
    <Page
      title={visible(name)}
      above={<AppLink href={paths.policies()}>Policies</AppLink>}
      description={
        policy.data && (
          <>
            Changed <Time at={policy.data.updatedAt} />. Its place among the others does not matter.
          </>
        )
      }
      actions={mayWrite && policy.data && <Button onClick={() => setDeleting(true)}>Delete…</Button>}
    >
      <Loaded query={policy}>
        {(object) => (
          <>
            <ObjectEditor
              key={object.name}
              kind="policy"
              object={object}
              text={object.text}
              words={words}
              onSaved={() => undefined}
              below={(text) => (
                <>
                  <TryPolicy text={text} name={object.name} />
                  <ExplainStatement />
                </>
              )}
            />
            {deleting && (
              <DeleteDialog
                object={object}
                onClose={() => setDeleting(false)}
                onDeleted={() => go(paths.policies(), { replace: true })}
              >
                <p>
                  {summaryOf(object.text).effect === 'deny'
                    ? 'What this policy denies will be decided by the others alone: some of it may then be permitted.'
                    : 'What no other policy permits will be denied.'}
                </p>
              </DeleteDialog>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
