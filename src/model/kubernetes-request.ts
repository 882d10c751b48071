/**
 * What a request asks of an API server, read from its method, path and query as the server itself does it (RequestInfo of
 * k8s.io/apiserver/pkg/endpoints/request). What two readers could take differently has no answer.
 */
export interface RequestInfo {
  /** Of a resource `get list watch create update patch delete deletecollection proxy`, or the method in lower case. */
  readonly verb: string;
  /** Absent where the path is none of a resource; all below it then are, too. */
  readonly resource?: ResourceInfo;
  /** Decoded, without a slash at its end. */
  readonly path: string;
}

export interface ResourceInfo {
  /** Empty of the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** What stands behind the subresource: the path that `proxy` is asked for. */
  readonly rest: readonly string[];
}

export type Query = Readonly<Record<string, readonly string[]>>;

/** `path` as `HttpFacts` has it. */
export function requestInfoOf(
  method: string,
  path: string,
  query: Query,
): RequestInfo | { readonly ambiguous: string } {
  const parts = segmentsOf(path);
  if (parts === undefined) return { ambiguous: 'its path has an empty segment, or one that is no text' };
  const doubled = DECISIVE.find((name) => new Set(query[name]).size > 1);
  if (doubled !== undefined) return { ambiguous: `it says ${doubled} twice` };
  const plain = `/${parts.join('/')}`;
  const [prefix = '', ...rest] = parts;
  const isGrouped = prefix === 'apis';
  if (!(isGrouped || prefix === 'api') || rest.length < (isGrouped ? 3 : 2)) {
    return { verb: method.toLowerCase(), path: plain };
  }
  const group = isGrouped ? (rest[0] ?? '') : '';
  const [version = '', ...left] = isGrouped ? rest.slice(1) : rest;
  const special = SPECIAL_VERBS.has(left[0] ?? '') ? left[0] : undefined;
  // Servers take the prefix for the verb, whatever the method; they have no other there, and nobody should ask for one.
  if (special === 'watch' && method !== 'GET' && method !== 'HEAD') return { ambiguous: `it watches by ${method}` };
  const named = special === undefined ? left : left.slice(1);
  if (named.length === 0) return { ambiguous: 'it names no resource' };
  const { namespace, at } = namespaceOf(named);
  const [resource = '', pathName, sub, ...behind] = at;
  const subresource = special === 'proxy' ? undefined : sub;
  const verb = special ?? VERBS[method] ?? '';
  const name = pathName ?? (verb === 'get' || verb === 'watch' ? selectedName(query) : undefined);
  return {
    verb: pathName === undefined ? collective(verb, query) : verb,
    path: plain,
    resource: {
      group,
      version,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      rest: special === 'proxy' && sub !== undefined ? [sub, ...behind] : behind,
    },
  };
}

/** Prefixes of old, in front of the resource. */
const SPECIAL_VERBS: ReadonlySet<string> = new Set(['proxy', 'watch']);
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Servers take the first of these, others might take the last. */
const DECISIVE = ['watch', 'fieldSelector', 'labelSelector', 'follow', 'container', 'force', 'propagationPolicy'];

/** The namespace that the path names, and what stands behind it; a namespace is its own where it is what is asked for. */
function namespaceOf(parts: readonly string[]): {
  readonly namespace: string | undefined;
  readonly at: readonly string[];
} {
  if (parts[0] !== 'namespaces' || parts[1] === undefined) return { namespace: undefined, at: parts };
  const isWithin = parts[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(parts[2]);
  return { namespace: parts[1], at: isWithin ? parts.slice(2) : parts };
}

/** What a verb without a name is. Any `watch` but `false` and `0` is one (apimachinery, Convert_Slice_string_To_bool). */
function collective(verb: string, query: Query): string {
  if (verb === 'delete') return 'deletecollection';
  if (verb !== 'get') return verb;
  const [watch] = query['watch'] ?? [];
  return watch === undefined || watch.toLowerCase() === 'false' || watch === '0' ? 'list' : 'watch';
}

/** The one name that a field selector leaves (`metadata.name=web`). */
function selectedName({ fieldSelector = [] }: Query): string | undefined {
  for (const term of (fieldSelector[0] ?? '').split(',')) {
    const [, name] = /^metadata\.name==?([^=!\\,/%]+)$/.exec(term) ?? [];
    if (name !== undefined && name !== '.' && name !== '..') return name;
  }
  return undefined;
}

function segmentsOf(path: string): readonly string[] | undefined {
  const bare = path.replace(/^\//, '').replace(/\/$/, '');
  if (bare === '') return [];
  try {
    const parts = bare.split('/').map((part) => decodeURIComponent(part));
    return parts.every((part) => part !== '' && !/[/\\\0]/.test(part)) ? parts : undefined;
  } catch {
    // Not of UTF-8, which is the answer.
    return undefined;
  }
}
