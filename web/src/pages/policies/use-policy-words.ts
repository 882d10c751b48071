import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { WordTree } from '../../parts/configuration/words.ts';
import { useCan } from '../../parts/me.ts';
import { peopleQuery } from '../../parts/people.ts';
import { targetsQuery } from '../../parts/targets.ts';
import { policyWords } from './policy-words.ts';

/** The words of policies with this gateway's own names, as far as one may see them. */
export function usePolicyWords(): WordTree {
  const targets = useQuery(targetsQuery).data;
  const people = useQuery({ ...peopleQuery, enabled: useCan('people:read') }).data;
  return useMemo(() => {
    const groups = [...new Set((people ?? []).flatMap((person) => person.groups))].sort();
    return policyWords({ targets: targets ?? [], groups });
  }, [targets, people]);
}
