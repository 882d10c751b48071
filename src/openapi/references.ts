export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a value is or refers to (`$ref`, a JSON Pointer within the document), or why there is none. */
export type Resolve = (value: unknown) => JsonObject | string;

/** References to references; deeper there is a circle. */
const MAX_STEPS = 32;

export function resolver(root: JsonObject): Resolve {
  return (value) => {
    let found = value;
    for (let step = 0; step <= MAX_STEPS; step++) {
      if (!isObject(found)) return 'it is no object';
      const { $ref: reference } = found;
      if (reference === undefined) return found;
      if (typeof reference !== 'string' || !reference.startsWith('#/')) {
        return `the reference ${JSON.stringify(reference)} leads out of the document; bundle it into one file`;
      }
      const target = pointed(root, reference);
      if (target === undefined) return `the reference ${reference} leads nowhere`;
      found = target;
    }
    return 'its references lead in a circle';
  };
}

/** RFC 6901, percent-encoded as in a fragment. */
function pointed(root: JsonObject, reference: string): unknown {
  let found: unknown = root;
  for (const written of reference.slice(2).split('/')) {
    const name = plain(written).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found)) found = /^\d{1,6}$/.test(name) ? found[Number(name)] : undefined;
    else found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that is none of a code stands for itself: then such a name is looked for.
    return text;
  }
}
