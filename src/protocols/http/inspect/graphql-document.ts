import { type DocumentNode, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql/language';
import type { GraphqlFacts } from '../../../model/http.ts';

/** Names, values and marks of a document; the introspection of an editor has about 500. */
const MAX_TOKENS = 10_000;

export type GraphqlReading = { readonly facts: GraphqlFacts } | { readonly why: string };

/**
 * What a document (GraphQL, October 2021, 2.1) does when `operationName` of it is run: the type of that operation and its
 * root fields, by their own names, fragments followed. Otherwise why nobody can tell.
 */
export function readGraphql(text: string, operationName: string | undefined): GraphqlReading {
  const document = parsed(text);
  if (document === undefined) return { why: 'its document is no GraphQL, or too long' };
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === 'OperationDefinition') operations.push(definition);
    else if (definition.kind !== 'FragmentDefinition') return { why: 'its document defines types' };
    else if (fragments.has(definition.name.value)) return { why: 'its document defines a fragment twice' };
    else fragments.set(definition.name.value, definition.selectionSet);
  }
  const running = operationName ? operations.filter(({ name }) => name?.value === operationName) : operations;
  const [operation] = running;
  if (operation === undefined || running.length > 1) return { why: 'its document does not say which operation runs' };
  const fields = rootFields(operation.selectionSet, fragments);
  if (fields === undefined) return { why: 'its document names a fragment that it does not define' };
  const facts = { type: operation.operation, name: operation.name?.value ?? '', fields };
  return { facts: hasAlias(document) ? { ...facts, renames: true } : facts };
}

/** In any operation or fragment of it, at whatever depth. */
function hasAlias({ definitions }: DocumentNode): boolean {
  const left: SelectionSetNode[] = definitions.flatMap((one) =>
    'selectionSet' in one ? (one.selectionSet ?? []) : [],
  );
  for (let set = left.pop(); set !== undefined; set = left.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === 'Field' && selection.alias !== undefined) return true;
      if ('selectionSet' in selection && selection.selectionSet !== undefined) left.push(selection.selectionSet);
    }
  }
  return false;
}

/** True of a text that a GraphQL service would run something of. */
export function isGraphql(text: string): boolean {
  return parsed(text)?.definitions.some(({ kind }) => kind === 'OperationDefinition') === true;
}

function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text, { maxTokens: MAX_TOKENS, noLocation: true });
  } catch {
    // A syntax error, or nested so deep that the parser has no stack left; which of the two changes nothing.
    return undefined;
  }
}

/** Each once, in their order; what is skipped or deferred counts. Undefined where a fragment is missing. */
function rootFields(
  selections: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
): readonly string[] | undefined {
  const fields = new Set<string>();
  const spread = new Set<string>();
  const left = [selections];
  for (let set = left.pop(); set !== undefined; set = left.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === 'Field') {
        fields.add(selection.name.value);
      } else if (selection.kind === 'InlineFragment') {
        left.push(selection.selectionSet);
      } else if (!spread.has(selection.name.value)) {
        const fragment = fragments.get(selection.name.value);
        if (fragment === undefined) return undefined;
        spread.add(selection.name.value);
        left.push(fragment);
      }
    }
  }
  return [...fields];
}
