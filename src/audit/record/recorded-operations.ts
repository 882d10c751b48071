/** How the operations of a request stand in its line: all that policy judged, columns gathered by their tables. */
import type { HttpFacts } from '../../model/http.ts';
import type { KubernetesFacts } from '../../model/kubernetes.ts';
import type { McpFacts } from '../../model/mcp.ts';
import { PLAIN_PROGRAM } from '../../model/operation-words.ts';
import type { ColumnUse, Operation } from '../../model/request.ts';
import type { SshFacts } from '../../model/ssh.ts';
import type { Json } from '../canonical-json.ts';

/** An operation of the log, without the lineage of result columns, which can be derived from the statement. */
export type RecordedOperation = Omit<Operation, 'outputs'>;

/** `[schema, table, {column: uses}]`, the uses a letter each: output, filter, write. */
type TableColumns = readonly [schema: string, table: string, columns: Readonly<Record<string, string>>];

const LETTERS: Readonly<Record<ColumnUse['use'], string>> = { output: 'o', filter: 'f', write: 'w' };
const USES = new Map(Object.entries(LETTERS).map(([use, letter]) => [letter, use as ColumnUse['use']]));

/** The operation as its line says it. */
export function packOperation(operation: Operation): Json {
  const { columns, http, mcp, ssh, kubernetes } = operation;
  const packed = {
    ...operation,
    outputs: undefined,
    columns: columns === undefined ? undefined : pack(columns),
    http: http === undefined ? undefined : packHttp(http),
    mcp: mcp === undefined ? undefined : packMcp(mcp),
    ssh: ssh === undefined ? undefined : packSsh(ssh),
    kubernetes: kubernetes === undefined ? undefined : packKubernetes(kubernetes),
  };
  return packed as unknown as Json;
}

/** What the target's own documents name: addresses, fields and bodies are what somebody typed, and stand in the body. */
export function packHttp({ method, template, operationId, declared, action, graphql }: HttpFacts) {
  return { method, template, operationId, declared, action, graphql: graphql && { type: graphql.type } };
}

/** URIs and what is given along stand in the body. */
function packMcp({ server, method, from, name, version }: McpFacts) {
  return { server, method, from, name, version };
}

/**
 * Words, paths, refs and places are what somebody typed, and stand in the body: of files and refs it says what is done to
 * them, in that order. Programs are names as functions are; the login is one that the target's credential has.
 */
function packSsh({ channel, user, program, through, files, filesUnknown, refs }: SshFacts) {
  return {
    channel,
    user,
    program: program !== undefined && PLAIN_PROGRAM.test(program) ? program : undefined,
    through: through?.every((name) => PLAIN_PROGRAM.test(name)) === true ? through : undefined,
    uses: files?.map(({ use }) => use),
    filesUnknown,
    refs: refs?.map(({ action }) => action),
  };
}

/** Names of objects, selectors, objects and commands are what somebody typed, and stand in the body. */
function packKubernetes({ verb, group, version, resource, subresource, namespace, dryRun, patch }: KubernetesFacts) {
  return { verb, group, version, resource, subresource, namespace, dryRun, patch };
}

/** What `packOperation` was given, but for the order of its columns; undefined where a line has no such operation. */
export function unpackOperation(value: unknown): RecordedOperation | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const operation = value as RecordedOperation & { readonly columns?: unknown };
  if (operation.columns === undefined || operation.columns === 'unknown') return operation;
  const columns = unpack(operation.columns);
  return columns && { ...operation, columns };
}

function pack(columns: readonly ColumnUse[] | 'unknown'): readonly TableColumns[] | 'unknown' {
  if (columns === 'unknown') return columns;
  const tables = new Map<
    string,
    { readonly table: readonly [string, string]; readonly columns: Map<string, string> }
  >();
  for (const { schema, table, column, use } of columns) {
    const key = JSON.stringify([schema, table]);
    const found = tables.get(key) ?? { table: [schema, table], columns: new Map<string, string>() };
    tables.set(key, found);
    const uses = found.columns.get(column) ?? '';
    if (!uses.includes(LETTERS[use])) found.columns.set(column, uses + LETTERS[use]);
  }
  return [...tables.values()].map(({ table: [schema, name], columns: found }) => [
    schema,
    name,
    Object.fromEntries(found),
  ]);
}

function unpack(packed: unknown): readonly ColumnUse[] | undefined {
  if (!Array.isArray(packed)) return undefined;
  const columns: ColumnUse[] = [];
  for (const one of packed as readonly unknown[]) {
    if (!isTableColumns(one)) return undefined;
    const [schema, table, found] = one;
    for (const [column, letters] of Object.entries(found)) {
      for (const letter of letters) {
        const use = USES.get(letter);
        if (use === undefined) return undefined;
        columns.push({ schema, table, column, use });
      }
    }
  }
  return columns;
}

function isTableColumns(value: unknown): value is TableColumns {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [schema, table, columns] = value as readonly unknown[];
  if (typeof schema !== 'string' || typeof table !== 'string') return false;
  return typeof columns === 'object' && columns !== null && Object.values(columns).every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
