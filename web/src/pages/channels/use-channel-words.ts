import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Channel } from '../../api/types.ts';
import type { WordTree } from '../../parts/configuration/words.ts';
import { useCan } from '../../parts/me.ts';
import { peopleQuery } from '../../parts/people.ts';
import { channelWords } from './channel-words.ts';

/** The words of channels with the groups of this gateway's people, as far as one may see them. */
export function useChannelWords(kind: Channel['kind']): WordTree {
  const people = useQuery({ ...peopleQuery, enabled: useCan('people:read') }).data;
  return useMemo(() => {
    const groups = [...new Set((people ?? []).flatMap((person) => person.groups))].sort();
    return channelWords(kind, groups);
  }, [kind, people]);
}
