import type { JsonValue } from './http.ts';
import type { ProgramFacts } from './ssh.ts';

/** What is asked of a cluster, in its own words (Kubernetes, "API Concepts"); made by protocols/kubernetes, read by policy. */
export interface KubernetesFacts {
  /** As its RBAC says: `get list watch create update patch delete deletecollection`, and what `proxy`, `connect` become there. */
  readonly verb: string;
  /** Empty of the core group; absent where the path is none of a resource (`/healthz`). */
  readonly group?: string;
  readonly version?: string;
  /** Plural, lower case: `deployments`. */
  readonly resource?: string;
  /** `exec`, `log`, `scale`, `status`, `portforward`, `eviction`, … */
  readonly subresource?: string;
  /** Absent of what has none, and where all are asked for. */
  readonly namespace?: string;
  readonly name?: string;
  /** Of a path that is none of a resource. */
  readonly path?: string;
  /** The server would change nothing (`dryRun=All`). */
  readonly dryRun?: true;
  /** How a patch is to be read: `apply`, `merge`, `json`, `strategic`. */
  readonly patch?: 'apply' | 'merge' | 'json' | 'strategic';
  /** Of what lists and watches. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What it would become, or what is said of it: read strictly; the text `unknown` where it cannot be read. Absent where none is sent. */
  readonly object?: JsonValue;
  /** What stands in `object` that people look for, paths followed through every kind of pod template. */
  readonly content?: ObjectContent;
  /** Of `exec`: the command, as it is given to the container. */
  readonly command?: readonly string[];
  /** Of `exec`, an operation for each program that its command runs. */
  readonly runs?: ProgramFacts;
  readonly container?: string;
  /** Of `portforward`. */
  readonly ports?: readonly number[];
}

/** Facts of an object that rules name; `unknown` where the object, or a patch of it, does not say. */
export interface ObjectContent {
  readonly kind: string;
  readonly images: readonly string[];
  /**
   * True where a container would be privileged, or gains the host: its network, processes, IPC. `unknown` of a patch that
   * changes what runs in a pod and does not say it.
   */
  readonly privileged: boolean | 'unknown';
  readonly hostPaths: readonly string[];
  /** Linux capabilities that containers are given beside the usual ones; absent where none are. */
  readonly capabilities?: readonly string[];
  /** True where a container says that its processes may gain privileges. */
  readonly allowPrivilegeEscalation?: true;
  readonly replicas?: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount?: string;
}

/** What a cluster has beside its address. */
export interface KubernetesTarget {
  /** Whom the gateway speaks as: its cluster's audit log then names the run. Absent: as itself. */
  readonly impersonate?: ImpersonatedAs;
  /** Kinds whose `data` is secret beside Secrets: `certificates.example.com/issuers`. */
  readonly secretResources: readonly string[];
}

export interface ImpersonatedAs {
  /** `{run}`, `{repository}`, `{subject}` stand for what they say: `chaperone:{repository}`. */
  readonly user: string;
  readonly groups: readonly string[];
  /** By key, what else the cluster is told: `chaperone/run: '{run}'`. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** What all that is secret by its kind is called where it is classified: values of Secrets, tokens, certificates. */
export const SECRET_VALUE = 'secret values';
