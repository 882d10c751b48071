import { useQueryClient } from '@tanstack/react-query';
import type { Channel } from '../../api/types.ts';
import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { paths } from '../../paths.ts';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useGo } from '../../ui/routing.tsx';
import { TAB_CLASS } from '../../ui/Tabs.tsx';
import { DRAFTS, isKind, KIND_NAMES } from './channel-words.ts';
import { useChannelWords } from './use-channel-words.ts';

/** `?new=KIND` begins one of a kind, each with a draft of its own. */
export function NewChannelPage({ kind }: { readonly kind: Channel['kind'] }) {
  const go = useGo();
  const queries = useQueryClient();
  return (
    <Page
      title="New channel"
      above={<AppLink href={paths.channels()}>Channels</AppLink>}
      description="Give secrets by reference (env, file), or once as text: then they are sealed, and never shown again."
    >
      <nav aria-label="Kind" className="flex gap-4 border-b border-line">
        {Object.keys(KIND_NAMES)
          .filter(isKind)
          .map((each) => (
            <AppLink
              key={each}
              href={`${paths.channels()}?new=${each}`}
              aria-current={each === kind ? 'page' : false}
              className={TAB_CLASS}
            >
              {KIND_NAMES[each]}
            </AppLink>
          ))}
      </nav>
      <ObjectEditor
        key={kind}
        kind="channel"
        text={DRAFTS[kind]}
        words={useChannelWords(kind)}
        onSaved={(name) => {
          void queries.invalidateQueries({ queryKey: ['channels'] });
          go(paths.channel(name), { replace: true });
        }}
      />
    </Page>
  );
}
