import type { HttpFacts, JsonValue } from '../../../model/http.ts';
import type { AskedHead } from '../inspector.ts';
import { type GraphqlReading, isGraphql, readGraphql } from './graphql-document.ts';

/** Each is decided, and an operation on record. */
const MOST_OF_BATCH = 50;

/**
 * What a request to a GraphQL service asks for (GraphQL over HTTP, working draft, 5): a document, by POST as JSON or by
 * GET; or a list of them, as many services take it. `facts` has the body as it was read. Undefined of what is none: another
 * path, a page, a question about methods.
 */
export function graphqlRequest(asked: AskedHead, facts: HttpFacts): readonly GraphqlReading[] | undefined {
  const { body, method } = facts;
  if (method === 'POST' && body.kind === 'fields' && Array.isArray(body.value) && isAt(asked, facts)) {
    const items: readonly JsonValue[] = body.value;
    if (items.length === 0 || items.length > MOST_OF_BATCH) {
      return [{ why: `it is a batch of none, or of more than ${MOST_OF_BATCH}` }];
    }
    return items.map((item) => one(asked, { ...facts, body: { kind: 'fields', value: item } }) ?? { why: NO_REQUEST });
  }
  const found = one(asked, facts);
  return found && [found];
}

function one(asked: AskedHead, facts: HttpFacts): GraphqlReading | undefined {
  if (asked.upgrade !== undefined) return { why: 'what is asked over a WebSocket is not read as GraphQL' };
  if (!isAt(asked, facts)) return elsewhere(facts);
  switch (facts.method) {
    case 'OPTIONS':
      return undefined;
    case 'GET':
    case 'HEAD':
      return byParameters(facts);
    case 'POST':
      return byBody(facts);
    default:
      return { why: 'its method is none of GraphQL' };
  }
}

/** As the target says; or by custom the last segment, `graphql.json` included. Servers mind neither case nor slashes. */
function isAt({ target: { http } }: AskedHead, { path: asked }: HttpFacts): boolean {
  if (http?.graphqlPath !== undefined) return plainPath(asked) === plainPath(http.graphqlPath);
  const path = `${http?.basePath ?? ''}${asked}`;
  return /\/(?:graphql(?:\.[a-z]+)?|gql)\/*$/i.test(path);
}

function plainPath(path: string): string {
  return path.toLowerCase().replaceAll(/\/+/g, '/').replace(/\/$/, '');
}

/** What looks like GraphQL at another path may be run there, or not. */
function elsewhere({ body, query }: HttpFacts): GraphqlReading | undefined {
  const sent = [...(query['query'] ?? []), ...(body.kind === 'fields' ? documentsIn(body.value) : [])];
  return sent.some(isGraphql) ? { why: 'it has a GraphQL document, and its path is not the one for them' } : undefined;
}

function documentsIn(value: JsonValue): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => (isObject(item) && typeof item['query'] === 'string' ? [item['query']] : []));
}

function byParameters({ query, body }: HttpFacts): GraphqlReading | undefined {
  if (body.kind !== 'none') return { why: 'it has a body, and its method has none' };
  const carriers = Object.keys(query).filter(isCarrier);
  if (carriers.length === 0) return undefined;
  if (carriers.some((name) => !OF_GET.has(name))) return { why: PERSISTED };
  const { query: documents = [], operationName: names = [] } = query;
  const [document] = documents;
  if (document === undefined) return { why: PERSISTED };
  if (documents.length > 1 || names.length > 1) return { why: 'a parameter of it is there twice' };
  return readGraphql(document, names[0]);
}

function byBody({ query, body, mediaType }: HttpFacts): GraphqlReading {
  if (Object.keys(query).some(isCarrier)) return { why: 'its address has parameters of GraphQL, too' };
  if (body.kind === 'unknown') return { why: body.why };
  if (mediaType !== 'application/json' || body.kind !== 'fields') return { why: 'its body is not JSON' };
  const asked = body.value;
  if (!isObject(asked)) return { why: NO_REQUEST };
  if (Object.keys(asked).some((name) => !OF_POST.has(name))) return { why: PERSISTED };
  const { query: document, operationName: name = null, extensions = null } = asked;
  if (typeof document !== 'string' || (isObject(extensions) && 'persistedQuery' in extensions))
    return { why: PERSISTED };
  if (name !== null && typeof name !== 'string') return { why: 'its operationName is no text' };
  return readGraphql(document, name ?? undefined);
}

const NO_REQUEST = 'its body is not a GraphQL request';
const PERSISTED = 'it names a document that stands elsewhere, or says more than GraphQL has';
const OF_GET: ReadonlySet<string> = new Set(['query', 'operationName', 'variables']);
const OF_POST: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** Parameters that services take a document from, or its name; some mind no case. */
function isCarrier(name: string): boolean {
  return CARRIERS.has(name.toLowerCase().replaceAll(/[_-]/g, ''));
}

const CARRIERS: ReadonlySet<string> = new Set([
  'query',
  'operationname',
  'variables',
  'extensions',
  'mutation',
  'id',
  'docid',
  'documentid',
  'queryid',
  'operationid',
  'hash',
  'sha256hash',
  'batch',
]);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
