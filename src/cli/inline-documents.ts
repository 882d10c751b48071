import { isMap, isPair, isScalar, type Pair, parseDocument, type Scalar, visit } from 'yaml';
import { compactDocument } from '../openapi/compact-document.ts';

/**
 * A configuration file whose targets have their OpenAPI documents and descriptors of gRPC in place of `file:`, each on its
 * line: the gateway reads no files that a configuration names. `read` takes the path as it is written; what it throws is
 * thrown.
 */
export function inlineDocuments(text: string, read: (path: string) => Buffer): string {
  if (!/\b(?:openapi|grpc)\b/.test(text)) return text;
  const document = parseDocument(text);
  // Whoever reads the file next says what is wrong with it.
  if (document.errors.length > 0) return text;
  const places: { readonly from: number; readonly to: number; readonly path: string; readonly as: FilePair['as'] }[] =
    [];
  visit(document, {
    Pair: (_, pair) => {
      const file = fileOf(pair);
      const from = file?.key.range?.[0];
      const to = file?.value.range?.[1];
      if (file !== undefined && from !== undefined && to !== undefined) places.push({ from, to, ...file });
    },
  });
  return places.reduceRight(
    (left, { from, to, path, as }) => `${left.slice(0, from)}${inlined(as, read(path))}${left.slice(to)}`,
    text,
  );
}

type Holder = 'openapi' | 'grpc';

function inlined(as: FilePair['as'], bytes: Buffer): string {
  switch (as) {
    case 'outline':
      return `text: ${JSON.stringify(compactDocument(bytes.toString()))}`;
    case 'document':
      return `text: ${JSON.stringify(bytes.toString())}`;
    case 'descriptors':
      return `descriptors: ${bytes.toString('base64')}`;
    default:
      return as satisfies never;
  }
}

interface FilePair {
  /** A document against which requests are held keeps its schemas. */
  readonly as: 'outline' | 'document' | 'descriptors';
  readonly key: Scalar;
  readonly value: Scalar;
  readonly path: string;
}

/** Of `openapi: { file: PATH, … }` and `grpc: { file: PATH }`. */
function fileOf({ key, value }: Pair): FilePair | undefined {
  if (!isScalar(key) || !isHolder(key.value) || !isMap(value)) return undefined;
  const file = value.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === 'file');
  if (file === undefined || !isScalar(file.key) || !isScalar(file.value)) return undefined;
  const path = file.value.value;
  const document = value.get('validate') === true ? 'document' : 'outline';
  const as = key.value === 'grpc' ? 'descriptors' : document;
  return typeof path === 'string' ? { key: file.key, value: file.value, path, as } : undefined;
}

function isHolder(name: unknown): name is Holder {
  return name === 'openapi' || name === 'grpc';
}
