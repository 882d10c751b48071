import type { JsonValue } from '../../model/http.ts';
import type { KubernetesFacts, ObjectContent } from '../../model/kubernetes.ts';
import { at, isObject, type JsonObject, listAt, textAt, textsAt } from './json-object.ts';

/**
 * What stands in an object that rules name: pod templates are found wherever they are, in kinds that nobody here has heard
 * of as well. Of a patch it is what that says; undefined where a patch takes values from elsewhere, so that it may be anything.
 */
export function contentOf(object: JsonValue, patch: KubernetesFacts['patch']): ObjectContent | undefined {
  const values = patch === 'json' ? patchedBy(object) : [object];
  if (values === undefined) return undefined;
  const found = new Found();
  for (const value of values) found.walk(value, undefined);
  // Of one that nobody looks at the server makes nothing, and which that is, only the server knows.
  if (found.serviceAccounts.size > 1) return undefined;
  const [serviceAccount] = found.serviceAccounts;
  const one = mergedHead(values);
  const replicas = at(one, 'spec', 'replicas');
  return {
    kind: textAt(one, 'kind') ?? '',
    images: [...found.images],
    // Of what runs in a pod already, a patch does not say what it may.
    privileged: found.isPrivileged || (patch !== undefined && found.isOfPod ? 'unknown' : false),
    hostPaths: [...found.hostPaths],
    ...(found.capabilities.size === 0 ? {} : { capabilities: [...found.capabilities] }),
    ...(found.mayEscalate ? { allowPrivilegeEscalation: true } : {}),
    ...(typeof replicas === 'number' ? { replicas } : {}),
    annotations: textsAt(one, 'metadata', 'annotations'),
    labels: textsAt(one, 'metadata', 'labels'),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
}

/**
 * Of what is sent to `scale`, where a number that is not said is zero: Go leaves that out. Undefined of patches that may take it
 * away, or say it twice.
 */
export function scaleContentOf(object: JsonValue, patch: KubernetesFacts['patch']): ObjectContent | undefined {
  const content = contentOf(object, patch);
  if (content === undefined || patch === undefined) return content && { replicas: 0, ...content };
  if (patch === 'json') return keepsScale(object) ? content : undefined;
  const isDirected = [object, at(object, 'spec')].some((one) => isObject(one) && Object.keys(one).some(isDirective));
  const isSaid = content.replicas !== undefined || (patch !== 'apply' && at(object, 'spec') === undefined);
  return isSaid && !isDirected ? content : undefined;
}

/** `$patch`, `$retainKeys` of a strategic merge patch. */
function isDirective(name: string): boolean {
  return name.startsWith('$');
}

/** True where all that a JSON Patch does to the scale is to say its number. */
function keepsScale(patch: JsonValue): boolean {
  return (patch as readonly JsonValue[]).every((operation) => {
    const path = textAt(operation, 'path') ?? '';
    if (textAt(operation, 'op') === 'test' || (path !== '' && !/^\/spec(?:\/|$)/.test(path))) return true;
    return path === '/spec/replicas' && typeof at(operation, 'value') === 'number';
  });
}

class Found {
  readonly images = new Set<string>();
  readonly hostPaths = new Set<string>();
  readonly capabilities = new Set<string>();
  isPrivileged = false;
  /** True where something of a pod's own is said. */
  isOfPod = false;
  mayEscalate = false;
  readonly serviceAccounts = new Set<string>();

  /** `name` is the member that the value is of. */
  walk(value: JsonValue, name: string | undefined): void {
    if (Array.isArray(value)) {
      for (const item of value as readonly JsonValue[]) this.walk(item, undefined);
    } else if (isObject(value)) {
      this.#object(value, name);
      for (const [member, inner] of Object.entries(value)) if (!PLAIN.has(member)) this.walk(inner, member);
    }
  }

  #object(value: JsonObject, name: string | undefined): void {
    this.isPrivileged ||= HOST.some((member) => value[member] === true);
    this.isOfPod ||= Object.keys(value).some((member) => CONTAINERS.has(member) || OF_PODS.has(member));
    const { path, image, serviceAccountName, serviceAccount } = value;
    // Kinds that nobody here knows have containers by other names (`container`, `steps`), and volumes may be images.
    const named = isObject(image) ? image['reference'] : image;
    if (typeof named === 'string') this.images.add(named);
    if ((name === 'hostPath' || name === 'local') && typeof path === 'string') this.hostPaths.add(path);
    if (name === 'securityContext') this.#securityContext(value);
    // Servers take the old name where the new one is empty (Convert_v1_PodSpec_To_core_PodSpec).
    const account = serviceAccountName || serviceAccount;
    if (typeof account === 'string' && account !== '') this.serviceAccounts.add(account);
  }

  #securityContext(context: JsonObject): void {
    this.isPrivileged ||= context['privileged'] === true || at(context, 'windowsOptions', 'hostProcess') === true;
    this.mayEscalate ||= context['allowPrivilegeEscalation'] === true;
    for (const name of listAt(context, 'capabilities', 'add')) {
      if (typeof name === 'string') this.capabilities.add(name.toUpperCase().replace(/^CAP_/, ''));
    }
  }
}

const CONTAINERS: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers']);
/** Beside containers, what a pod template has and changes what runs. */
const OF_PODS: ReadonlySet<string> = new Set([
  'volumes',
  'securityContext',
  'template',
  'serviceAccountName',
  'serviceAccount',
  'hostPath',
]);
const HOST = ['hostNetwork', 'hostPID', 'hostIPC'] as const;
/** Texts of everybody's own, in which nothing of a pod stands. */
const PLAIN: ReadonlySet<string> = new Set([
  'annotations',
  'labels',
  'managedFields',
  'containerStatuses',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
  'data',
  'stringData',
  'binaryData',
]);

/** What the operations of a JSON Patch (RFC 6902) put where, as objects; undefined where one copies what nobody sees. */
function patchedBy(patch: JsonValue): readonly JsonValue[] | undefined {
  if (!Array.isArray(patch)) return undefined;
  const values: JsonValue[] = [];
  for (const operation of patch as readonly JsonValue[]) {
    const [op, path] = [textAt(operation, 'op'), textAt(operation, 'path')];
    if (op === 'remove' || op === 'test') continue;
    if ((op !== 'add' && op !== 'replace') || path === undefined) return undefined;
    values.push(placed(path, at(operation, 'value') ?? null));
  }
  return values;
}

/** RFC 6901, with indices as Go reads them (`-1`, `+0`). A number may be a name as well: it makes no difference to what is looked for. */
function placed(pointer: string, value: JsonValue): JsonValue {
  const steps = pointer.split('/').slice(1);
  return steps.reduceRight<JsonValue>((inner, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^(?:[-+]?\d+|-)$/.test(name) ? [inner] : { [name]: inner };
  }, value);
}

/** What several operations say of the object's own members. */
function mergedHead(values: readonly JsonValue[]): JsonValue {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return only;
  const metadata = { annotations: {}, labels: {} };
  const spec: Record<string, JsonValue> = {};
  let kind = '';
  for (const value of values) {
    kind = textAt(value, 'kind') ?? kind;
    Object.assign(metadata.annotations, textsAt(value, 'metadata', 'annotations'));
    Object.assign(metadata.labels, textsAt(value, 'metadata', 'labels'));
    const replicas = at(value, 'spec', 'replicas');
    if (replicas !== undefined) spec['replicas'] = replicas;
  }
  return { kind, metadata, spec };
}
