import { isDeepStrictEqual } from 'node:util';
import { isAlias, isScalar, parseDocument, visit } from 'yaml';
import type { JsonValue } from '../../model/http.ts';
import { type JsonBounds, strictJson } from '../http/inspect/strict-json.ts';

/**
 * The value of a YAML text that is the same by version 1.1 of its specification and by 1.2: servers read something between
 * them. `unknown` where it is not: what is malformed, has anchors or tags, names a member twice, or is several documents.
 */
export function strictYaml(text: string, bounds: JsonBounds): JsonValue {
  const [one, other] = (['1.1', '1.2'] as const).map((version) => valueOf(text, version));
  if (one === undefined || other === undefined || !isDeepStrictEqual(one.value, other.value)) return 'unknown';
  // What JSON cannot say is nothing that a server has either.
  const json = JSON.stringify(one.value) as string | undefined;
  const read = json === undefined ? undefined : strictJson(json, bounds);
  return read === undefined || 'why' in read ? 'unknown' : read.value;
}

function valueOf(text: string, version: '1.1' | '1.2'): { readonly value: unknown } | undefined {
  try {
    const document = parseDocument(text, { version, strict: true, uniqueKeys: true, merge: false });
    if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
    let isPlain = true;
    visit(document, {
      Node: (_key, node) => {
        if (isAlias(node) || ('anchor' in node && node.anchor !== undefined) || node.tag !== undefined) isPlain = false;
      },
      // Keys that are no text become text in one way or another.
      Pair: (_key, { key }) => {
        if (!isScalar(key) || typeof key.value !== 'string' || key.value === '<<') isPlain = false;
      },
    });
    return isPlain ? { value: document.toJS({ maxAliasCount: 0 }) } : undefined;
  } catch {
    // What the parser gives up on, nobody can know.
    return undefined;
  }
}
