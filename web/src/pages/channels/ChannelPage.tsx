import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConfigurationObject } from '../../api/types.ts';
import { DeleteDialog } from '../../parts/configuration/DeleteDialog.tsx';
import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { objectQuery } from '../../parts/configuration/queries.ts';
import { yamlField } from '../../parts/configuration/yaml-field.ts';
import { useCan } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { AppLink, useGo } from '../../ui/routing.tsx';
import { ChannelItem } from './ChannelItem.tsx';
import { isKind } from './channel-words.ts';
import { channelsQuery } from './queries.ts';
import { useChannelWords } from './use-channel-words.ts';

/** One channel: how it fares, and what it is declared to be. */
export function ChannelPage({ name }: { readonly name: string }) {
  const object = useQuery(objectQuery('channel', name));
  const channel = useQuery(channelsQuery).data?.find((each) => each.name === name);
  const mayWrite = useCan('configuration:write');
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const go = useGo();
  return (
    <Page
      title={visible(name)}
      above={<AppLink href={paths.channels()}>Channels</AppLink>}
      actions={mayWrite && object.data && <Button onClick={() => setDeleting(true)}>Delete…</Button>}
    >
      {channel !== undefined && (
        <ul aria-label="How it fares" className="border-y border-line">
          <ChannelItem channel={channel} />
        </ul>
      )}
      <Section title="Declaration">
        <Loaded query={object}>
          {(found) => (
            <>
              <Editor
                key={found.name}
                object={found}
                onSaved={() => void queries.invalidateQueries({ queryKey: ['channels'] })}
              />
              {deleting && (
                <DeleteDialog
                  object={found}
                  onClose={() => setDeleting(false)}
                  onDeleted={() => {
                    void queries.invalidateQueries({ queryKey: ['channels'] });
                    go(paths.channels(), { replace: true });
                  }}
                >
                  <p>Nobody is told there any more. What waits stays under Approvals and in the terminal.</p>
                </DeleteDialog>
              )}
            </>
          )}
        </Loaded>
      </Section>
    </Page>
  );
}

function Editor({ object, onSaved }: { readonly object: ConfigurationObject; readonly onSaved: () => void }) {
  const [kind] = yamlField(object.text, 'kind');
  const words = useChannelWords(isKind(kind) ? kind : 'webhook');
  return <ObjectEditor kind="channel" object={object} text={object.text} words={words} onSaved={onSaved} />;
}
