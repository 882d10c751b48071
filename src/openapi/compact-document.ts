import { CLASS_KEY } from './classified-properties.ts';
import { METHODS, parseDocumentText } from './read-document.ts';
import { isObject, type JsonObject, resolver } from './references.ts';

/** Shorter ones are kept as their author wrote them. Characters. */
const SHORT = 64 * 1024;

/**
 * A document without what the gateway does not read: descriptions, parameters and schemas, by which some are larger than a
 * configuration may be. As it is where it is short, says classes of properties, or cannot be read.
 */
export function compactDocument(text: string): string {
  if (text.length <= SHORT || text.includes(CLASS_KEY)) return text;
  const parsed = parseDocumentText(text);
  if ('message' in parsed || !isObject(parsed.root['paths'])) return text;
  const { openapi, info, servers, paths = {} } = parsed.root;
  const resolve = resolver(parsed.root);
  const kept = Object.entries(paths).map(([template, declared]) => {
    const item = resolve(declared);
    // Whoever reads it next says what is wrong with it.
    if (typeof item === 'string') return [template, declared] as const;
    const operations = METHODS.flatMap((method) => {
      const operation = item[method];
      return isObject(operation) ? [[method, only(operation, ['operationId', 'servers', '$ref'])] as const] : [];
    });
    return [template, { ...only(item, ['servers']), ...Object.fromEntries(operations) }] as const;
  });
  const about = isObject(info) ? only(info, ['title', 'version']) : info;
  return JSON.stringify({ openapi, info: about, servers, paths: Object.fromEntries(kept) });
}

function only(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}
