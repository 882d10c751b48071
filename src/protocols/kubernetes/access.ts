import type { RequestInfo, ResourceInfo } from '../../model/kubernetes-request.ts';
import type { Access } from '../../model/request.ts';

/** What a request does at most; `unknown` of a method that no API server has. */
export function accessOf({ verb, resource, path }: RequestInfo): Access {
  if (resource === undefined) return accessOfPath(verb, path);
  const { group, resource: plural, subresource } = resource;
  if (verb === 'proxy' || (subresource !== undefined && OPENS.has(subresource))) return 'admin';
  if (READS.has(verb)) return 'read';
  if (!WRITES.has(verb)) return 'unknown';
  if (isReview(group, plural)) return 'read';
  return changesWhoMay(resource) ? 'admin' : 'write';
}

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Subresources that let a client in where no request is decided by itself, whatever the verb. */
const OPENS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'ephemeralcontainers']);

/** Groups in which all says who may do what, or what becomes of everybody's requests. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  'rbac.authorization.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'flowcontrol.apiserver.k8s.io',
]);

function changesWhoMay({ group, resource, subresource }: ResourceInfo): boolean {
  if (OF_ADMINISTRATORS.has(group)) return true;
  return group === '' && resource === 'serviceaccounts' && subresource === 'token';
}

/** Questions that are asked by creating them: what may I, what may somebody. */
function isReview(group: string, resource: string): boolean {
  if (group === 'authorization.k8s.io') return resource.endsWith('reviews');
  return group === 'authentication.k8s.io' && resource === 'selfsubjectreviews';
}

/** Discovery, versions and OpenAPI are what every client asks first; other paths are read or not, by their method. */
function accessOfPath(verb: string, path: string): Access {
  if (verb !== 'get' && verb !== 'head' && verb !== 'options') return METHODS.has(verb) ? 'admin' : 'unknown';
  return isSession(path) ? 'session' : 'read';
}

const METHODS: ReadonlySet<string> = new Set(['post', 'put', 'patch', 'delete']);

/** True of what tells clients what the server can do. */
export function isSession(path: string): boolean {
  const [first = '', ...rest] = path.split('/').slice(1);
  if (first === 'api') return rest.length <= 1;
  if (first === 'apis') return rest.length <= 2;
  return path === '/' || ['version', 'openapi', 'healthz', 'livez', 'readyz', '.well-known'].includes(first);
}
