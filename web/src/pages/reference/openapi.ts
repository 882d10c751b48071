import { queryOptions } from '@tanstack/react-query';
import { get } from '../../api/client.ts';

/** As much of OpenAPI 3.1 as this page draws. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** One method of one path, with what a page calls it. */
export interface Endpoint {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly operation: Operation;
}

export const openApiQuery = queryOptions({
  queryKey: ['openapi'],
  queryFn: ({ signal }) => get<OpenApi>('/openapi.json', undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** All of them, in the document's order. */
export function endpointsOf(document: OpenApi): readonly Endpoint[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const operation = methods[method];
      if (operation === undefined) return [];
      const id = `${method}-${path.replaceAll(/[^\w]+/g, '-').replace(/^-|-$/g, '')}`;
      return [{ id, method, path, tag: operation.tags?.[0] ?? 'other', operation }];
    }),
  );
}

/** What a reader would type to find it. */
export function isAbout({ method, path, operation, tag }: Endpoint, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/);
  const all = `${method} ${path} ${tag} ${operation.summary ?? ''} ${operation.description ?? ''}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

/** A line that does it, to paste: `$CHAPERONE_URL` and `$CHAPERONE_TOKEN` are the command line's own names. */
export function curlOf({ method, path, operation }: Endpoint): string {
  const body = operation.requestBody === undefined ? '' : ` \\\n  -H 'content-type: application/json' -d '{…}'`;
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  return `curl${verb} "$CHAPERONE_URL${path.replaceAll(/\{(\w+)\}/g, '$$$1')}" \\\n  -H "authorization: Bearer $CHAPERONE_TOKEN"${body}`;
}

export function bodyOf(content: Content | undefined): Schema | undefined {
  return content === undefined ? undefined : Object.values(content)[0]?.schema;
}
