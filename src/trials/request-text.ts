import type { CaseRequest } from './case-schema.ts';

/** A request of a case as the text that `askedHttp` reads. */
export function requestText(request: CaseRequest): string {
  const http = 'kubernetes' in request ? httpOfCluster(request.kubernetes) : request.http;
  const { method = 'GET', path, query = {}, headers = {}, body } = http;
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  const mark = path.includes('?') ? '&' : '?';
  const target = pairs.length === 0 ? path : `${path}${mark}${pairs.join('&')}`;
  const fields = Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`);
  const text = body === undefined ? '' : `\n\n${typeof body === 'string' ? body : JSON.stringify(body)}`;
  return `${method} ${target}${fields.join('')}${text}`;
}

type ClusterRequest = Extract<CaseRequest, { kubernetes: unknown }>['kubernetes'];
type HttpRequest = Extract<CaseRequest, { http: unknown }>['http'];

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
} as const;

const PATCH_TYPES = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** As a client of the cluster sends it (Kubernetes, "API Concepts"). */
function httpOfCluster(asked: ClusterRequest): HttpRequest {
  const {
    verb,
    group = '',
    version = 'v1',
    resource,
    namespace,
    name,
    dryRun,
    patch = 'merge',
    command,
    object,
  } = asked;
  const [kind = '', subresource] = resource.split('/');
  const parts = [
    ...(group === '' ? ['api', version] : ['apis', group, version]),
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    kind,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  const query = {
    ...(verb === 'watch' ? { watch: 'true' } : {}),
    ...(dryRun === true ? { dryRun: 'All' } : {}),
    ...(command === undefined ? {} : { command }),
  };
  const type = verb === 'patch' ? PATCH_TYPES[patch] : 'application/json';
  const headers = object === undefined ? {} : { headers: { 'content-type': type } };
  const body = object === undefined ? {} : { body: object };
  return { method: METHODS[verb], path: `/${parts.map(encodeURIComponent).join('/')}`, query, ...headers, ...body };
}
