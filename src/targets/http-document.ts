import type { HttpTarget } from '../model/http.ts';
import type { ClassifiedColumn } from '../model/target.ts';
import { compiledDocument } from '../openapi/compiled-document.ts';

export interface DocumentMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly advice: string;
}

/** What of a loaded target's classes its document says: it is declared by the document alone. */
export function classesOfDocument(http: HttpTarget): readonly ClassifiedColumn[] {
  const known = documentOf(http);
  return 'classified' in known ? known.classified : [];
}

/** What a target's OpenAPI document says of classes, or what is wrong with it. */
export function documentOf(
  http: HttpTarget,
): { readonly classified: readonly ClassifiedColumn[] } | { readonly problems: readonly DocumentMistake[] } {
  if (http.openapi === undefined) return { classified: [] };
  const { basePath, openapi } = http;
  const catalogue = compiledDocument(openapi);
  if ('problems' in catalogue) {
    return {
      problems: catalogue.problems.map(({ place, message }) => ({
        path: ['http', 'openapi'],
        message: `http.openapi: ${place.length === 0 ? '' : `${place.join(' → ')}: `}${message}`,
        advice: 'Correct the document; docs/reference/http-targets.md says what is read of it.',
      })),
    };
  }
  const classified = catalogue.classified.flatMap(({ operation, field, class: of }) => {
    const { method, template, bases } = operation;
    const paths = (bases.length === 0 ? [basePath] : bases).map((base) => `${base}${template}`);
    return paths.flatMap((path): readonly ClassifiedColumn[] => {
      if (!path.startsWith(`${basePath}/`)) return [];
      const table = `${method} ${path.slice(basePath.length)}`;
      return [{ schema: '', table, column: field, class: of, place: 'body' }];
    });
  });
  return { classified };
}
