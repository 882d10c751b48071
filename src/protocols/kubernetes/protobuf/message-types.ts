import { OTHER_MESSAGES } from './other-messages.ts';
import { POD_MESSAGES } from './pod-messages.ts';
import { VOLUME_MESSAGES } from './volume-messages.ts';
import { WORKLOAD_MESSAGES } from './workload-messages.ts';

/** What a field of a built-in kind means. */
export interface FieldType {
  /** Its member's name in JSON; undefined where its own members stand among the others. */
  readonly name: string | undefined;
  /** `string int32 int64 bool bytes`, a form of its own (object-json.ts), or a message's name. */
  readonly type: string;
  readonly shape: 'one' | 'list' | 'map';
  /** Its presence says something: one that is zero or empty is not left out of JSON. */
  readonly hasPresence: boolean;
}

export type MessageType = ReadonlyMap<number, FieldType>;

/**
 * The messages of the kinds below, by name: numbers, names and types of fields as Kubernetes publishes them (`generated.proto` and
 * `types.go` of k8s.io/api and k8s.io/apimachinery, release 1.36). No number has meant two things between 1.17 and that. A line is a
 * message, and a field of it `name=number:type`, of text without the type: `[T]` is a list, `{T}` a map of texts to it, `?` a
 * pointer in Go (which zero does not leave out), `...` what JSON has among the other members.
 */
export function messageTypes(): ReadonlyMap<string, MessageType> {
  known ??= new Map(
    [POD_MESSAGES, VOLUME_MESSAGES, WORKLOAD_MESSAGES, OTHER_MESSAGES].flatMap((text) =>
      text
        .trim()
        .split(/\n+(?! )/)
        .map(readMessage),
    ),
  );
  return known;
}

/** The message of a kind; undefined of those that nobody here knows, and of other versions of those that somebody does. */
export function messageOf(apiVersion: string, kind: string): MessageType | undefined {
  // Each group has one, and they are all the same.
  const isKnown = kind === 'DeleteOptions' || KINDS[apiVersion]?.includes(kind) === true;
  return isKnown ? messageTypes().get(kind) : undefined;
}

const KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: `Pod PodTemplate ReplicationController Secret ConfigMap Service Namespace ServiceAccount ResourceQuota LimitRange
    PersistentVolumeClaim Binding`.split(/\s+/),
  'apps/v1': ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'],
  'batch/v1': ['Job', 'CronJob'],
  'autoscaling/v1': ['Scale', 'HorizontalPodAutoscaler'],
  'policy/v1': ['PodDisruptionBudget', 'Eviction'],
  'networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io/v1': ['PriorityClass'],
  'authorization.k8s.io/v1':
    'SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview LocalSubjectAccessReview'.split(' '),
  'authentication.k8s.io/v1': ['TokenRequest', 'SelfSubjectReview'],
};

let known: ReadonlyMap<string, MessageType> | undefined;

function readMessage(line: string): readonly [string, MessageType] {
  const [name = '', ...fields] = line.trim().split(/\s+/);
  return [name, new Map(fields.map(readField))];
}

function readField(text: string): readonly [number, FieldType] {
  const [, name = '', pointer, number, type = 'string'] = /^([\w.]+)(\?)?=(\d+)(?::(\S+))?$/.exec(text) ?? [];
  const shape = type.startsWith('[') ? 'list' : type.startsWith('{') ? 'map' : 'one';
  const field: FieldType = {
    name: name === '...' ? undefined : name,
    type: type.replace(/[[\]{}]/g, ''),
    shape,
    hasPresence: pointer !== undefined,
  };
  return [Number(number), field];
}
