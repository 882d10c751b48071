import type { HttpDocument } from '../model/http.ts';
import type { Catalogue, DocumentProblem } from './catalogue.ts';
import { readDocument } from './read-document.ts';

type Compiled = Catalogue | { readonly problems: readonly DocumentProblem[] };

const compiled = new WeakMap<HttpDocument, Compiled>();

/** A target's document, read once for as long as the target is known; its `base` stands in place of its servers. */
export function compiledDocument(document: HttpDocument): Compiled {
  const known = compiled.get(document);
  if (known !== undefined) return known;
  const made = withBase(readDocument(document.text), document.base);
  compiled.set(document, made);
  return made;
}

function withBase(read: Compiled, base: string | undefined): Compiled {
  if (base === undefined || 'problems' in read) return read;
  const moved = new Map(read.operations.map((operation) => [operation, { ...operation, bases: [base] }]));
  return {
    operations: [...moved.values()],
    classified: read.classified.map((one) => ({ ...one, operation: moved.get(one.operation) ?? one.operation })),
  };
}
