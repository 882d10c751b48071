import { queryOptions } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import { key, pages } from '../../api/queries.ts';
import type { DefinitionDetails, DefinitionSummary } from '../../api/types.ts';

export type DefinitionView = 'waiting' | 'all';

export function definitionsQuery(view: DefinitionView, target: string | undefined) {
  const waits = view === 'waiting' ? { waits: true } : {};
  return pages<DefinitionSummary>([...key.definitions, view], '/v1/definitions', { ...waits, target });
}

export function definitionQuery(id: string) {
  return queryOptions({
    queryKey: key.definition(id),
    queryFn: ({ signal }) => get<DefinitionDetails>(pathOf(id), undefined, signal),
  });
}

export type DefinitionAnswer = 'accept' | 'reject';

/** Answers the form with this digest; what comes back is how the definition stands now. Throws an `ApiProblem`. */
export async function answerDefinition(
  id: string,
  answer: DefinitionAnswer,
  body: { readonly digest: string; readonly reason?: string },
): Promise<DefinitionDetails> {
  return (await call<DefinitionDetails>('POST', `${pathOf(id)}/${answer}`, { body })).data;
}

function pathOf(id: string): string {
  return `/v1/definitions/${encodeURIComponent(id)}`;
}
