import { queryOptions } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { key } from '../../api/queries.ts';
import type { ConfigurationObject, ConfigurationPlan } from '../../api/types.ts';

export type Kind = ConfigurationObject['kind'];

export function objectsQuery(kind: Kind) {
  return queryOptions({
    queryKey: [...key.configuration, kind],
    queryFn: async ({ signal }) =>
      (await get<{ objects: ConfigurationObject[] }>('/v1/configuration', { kind }, signal)).objects,
  });
}

export function objectQuery(kind: Kind, name: string) {
  return queryOptions({
    queryKey: [...key.configuration, kind, name],
    queryFn: ({ signal }) => fetchObject(kind, name, signal),
  });
}

/** The object as it stands now, with the ETag of the answer. */
export async function fetchObject(kind: Kind, name: string, signal?: AbortSignal): Promise<ConfigurationObject> {
  const { data, etag } = await call<ConfigurationObject>('GET', pathOf(kind, name), signal ? { signal } : {});
  return etag === undefined ? data : { ...data, etag };
}

export interface Change {
  readonly kind: Kind;
  readonly name: string;
  /** YAML of the one object; absent where it is to be deleted. */
  readonly text?: string;
  /** Of what is changed; absent where it is to be new. */
  readonly etag?: string;
}

/** What a change would do, as the gateway sees it. Nothing is changed. */
export async function planChange(change: Change, signal?: AbortSignal): Promise<ConfigurationPlan> {
  const { data } = await call<ConfigurationPlan>(methodOf(change), pathOf(change.kind, change.name), {
    ...optionsOf(change),
    query: { plan: true },
    ...(signal && { signal }),
  });
  return data;
}

export interface Base {
  readonly text: string;
  /** Absent for what is not there yet. */
  readonly etag?: string;
}

/** Makes the change; what is there now. Throws an `ApiProblem`; `isConflict` says whether somebody else was first. */
export async function makeChange(change: Change): Promise<Base> {
  const path = pathOf(change.kind, change.name);
  const { data, etag } = await call<Partial<ConfigurationObject> | undefined>(
    methodOf(change),
    path,
    optionsOf(change),
  );
  return { text: data?.text ?? change.text ?? '', ...(etag !== undefined && { etag }) };
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

function pathOf(kind: Kind, name: string): string {
  return `/v1/configuration/${kind}/${encodeURIComponent(name)}`;
}

function methodOf({ text }: Change): string {
  return text === undefined ? 'DELETE' : 'PUT';
}

function optionsOf({ text, etag }: Change) {
  return {
    ...(text !== undefined && { body: { text } }),
    ...(etag === undefined ? { isNew: true } : { ifMatch: etag }),
  };
}
