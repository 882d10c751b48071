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
    ...(found.serviceAccount === undefined ? {} : { serviceAccount: found.serviceAccount }),
  };
}

class Found {
  readonly images = new Set<string>();
  readonly hostPaths = new Set<string>();
  readonly capabilities = new Set<string>();
  isPrivileged = false;
  /** True where something of a pod's own is said. */
  isOfPod = false;
  mayEscalate = false;
  serviceAccount: string | undefined;

  /** `name` is the member that the value is of. */
  walk(value: JsonValue, name: string | undefined): void {
    if (Array.isArray(value)) {
      for (const item of value as readonly JsonValue[]) {
        if (name !== undefined && CONTAINERS.has(name)) this.#container(item);
        this.walk(item, undefined);
      }
    } else if (isObject(value)) {
      this.#object(value, name);
      for (const [member, inner] of Object.entries(value)) if (!PLAIN.has(member)) this.walk(inner, member);
    }
  }

  #object(value: JsonObject, name: string | undefined): void {
    this.isPrivileged ||= HOST.some((member) => value[member] === true);
    this.isOfPod ||= Object.keys(value).some((member) => CONTAINERS.has(member) || OF_PODS.has(member));
    const { path, serviceAccountName } = value;
    if (name === 'hostPath' && typeof path === 'string') this.hostPaths.add(path);
    if (name === 'securityContext') this.#securityContext(value);
    if (typeof serviceAccountName === 'string') this.serviceAccount ??= serviceAccountName;
  }

  #container(container: JsonValue): void {
    const image = textAt(container, 'image');
    if (image !== undefined) this.images.add(image);
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
  'hostPath',
]);
const HOST = ['hostNetwork', 'hostPID', 'hostIPC'] as const;
/** Texts of everybody's own, in which nothing of a pod stands. */
const PLAIN: ReadonlySet<string> = new Set([
  'annotations',
  'labels',
  'managedFields',
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

/** RFC 6901. A number may be a name as well: it makes no difference to what is looked for. */
function placed(pointer: string, value: JsonValue): JsonValue {
  const steps = pointer.split('/').slice(1);
  return steps.reduceRight<JsonValue>((inner, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^(?:\d+|-)$/.test(name) ? [inner] : { [name]: inner };
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
