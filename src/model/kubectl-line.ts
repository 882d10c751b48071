import { type RequestInfo, type ResourceInfo, requestInfoOf } from './kubernetes-request.ts';

/**
 * A request to a cluster as kubectl would be told to make it: `delete pods/web -n shop`. Undefined of what is no request that
 * an API server reads in one way. `target` has the query; what stands in it is not neutralised.
 */
export function kubectlLine(method: string, target: string, contentType = ''): string | undefined {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = Object.fromEntries(
    Map.groupBy(new URLSearchParams(mark < 0 ? '' : target.slice(mark)), ([name]) => name),
  );
  const asked = (name: string): readonly string[] => (query[name] ?? []).map(([, value]) => value);
  const values = Object.fromEntries(Object.keys(query).map((name) => [name, asked(name)]));
  const info = requestInfoOf(method, path, values);
  if ('ambiguous' in info) return undefined;
  const words = info.resource === undefined ? rawWords(info) : resourceWords(info, info.resource, asked, contentType);
  return words?.map(quoted).join(' ');
}

function rawWords({ verb, path }: RequestInfo): readonly string[] | undefined {
  const verbs: Readonly<Record<string, string>> = { get: 'get', post: 'create', put: 'replace', delete: 'delete' };
  const word = verbs[verb];
  return word === undefined ? undefined : [word, '--raw', path];
}

type Asked = (name: string) => readonly string[];

function resourceWords(
  { verb, resource: _resource }: RequestInfo,
  resource: ResourceInfo,
  asked: Asked,
  contentType: string,
): readonly string[] | undefined {
  const { namespace, name, subresource } = resource;
  const isItself = resource.resource === 'namespaces';
  const where = namespace === undefined || isItself ? [] : ['-n', namespace];
  const streamed = subresource === undefined ? undefined : STREAMED[subresource];
  if (streamed !== undefined && name !== undefined) {
    const container = asked('container').flatMap((one) => ['-c', one]);
    const command = asked('command');
    const follows = subresource === 'log' && asked('follow')[0] === 'true' ? ['-f'] : [];
    return [streamed, name, ...where, ...container, ...follows, ...(command.length > 0 ? ['--', ...command] : [])];
  }
  const word = verb === 'patch' && contentType.startsWith('application/apply-patch') ? 'apply' : WORDS[verb];
  if (word === undefined) return undefined;
  return [
    word,
    namedOf(resource, verb),
    ...where,
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...options(verb, asked),
  ];
}

function namedOf({ group, resource, name, subresource }: ResourceInfo, verb: string): string {
  // Kubernetes' own need no group to be told apart.
  const plural = group.includes('.') && !group.endsWith('.k8s.io') ? `${resource}.${group}` : resource;
  const isOne = name !== undefined && (subresource !== undefined || !COLLECTIVE.has(verb));
  return isOne ? `${plural}/${name}` : plural;
}

const COLLECTIVE: ReadonlySet<string> = new Set(['list', 'watch', 'create', 'deletecollection']);

function options(verb: string, asked: Asked): readonly string[] {
  const [label] = asked('labelSelector');
  const [field] = asked('fieldSelector');
  const isAll = verb === 'deletecollection' && !label && !field;
  return [
    ...(label ? ['-l', label] : []),
    ...(field ? ['--field-selector', field] : []),
    ...(isAll ? ['--all'] : []),
    ...(verb === 'watch' ? ['--watch'] : []),
    ...(asked('dryRun').includes('All') ? ['--dry-run=server'] : []),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  get: 'get',
  list: 'get',
  watch: 'get',
  create: 'create',
  update: 'replace',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};

const STREAMED: Readonly<Record<string, string>> = {
  exec: 'exec',
  attach: 'attach',
  portforward: 'port-forward',
  log: 'logs',
};

/** As a shell would need it; plain words stay as they are. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
