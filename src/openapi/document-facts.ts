import type { HttpFacts, HttpTarget } from '../model/http.ts';
import { compiledDocument } from './compiled-document.ts';
import { TemplateIndex } from './template-index.ts';

const indexes = new WeakMap<HttpTarget, TemplateIndex>();

/** With what the target's OpenAPI document calls the request; as they are where it has none. Pure. */
export function documentFacts(http: HttpTarget | undefined, facts: HttpFacts): HttpFacts {
  if (http?.openapi === undefined) return facts;
  const { alike, ...found } = indexOf(http).find(facts.method, `${http.basePath}${facts.path}`);
  return { ...facts, ...found, ...(alike.length === 0 ? {} : { alike }) };
}

function indexOf(http: HttpTarget): TemplateIndex {
  const known = indexes.get(http);
  if (known !== undefined) return known;
  const read = http.openapi && compiledDocument(http.openapi);
  // Nothing is declared by what cannot be read; such a target does not load.
  const made = new TemplateIndex(read !== undefined && 'operations' in read ? read.operations : [], http.basePath);
  indexes.set(http, made);
  return made;
}
