import type { KubernetesFacts } from '../model/kubernetes.ts';
import type { Operation } from '../model/request.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import { type ContentPattern, contentQuestions } from './kubernetes-content-pattern.ts';
import { extentOf, type ProgramPattern, programQuestions, together } from './program-pattern.ts';
import { compileRanges } from './ssh-pattern.ts';

/** What a rule says of a request to a cluster; all keys must match, and a key matches when one of its values does. */
export interface KubernetesPattern {
  readonly verbs?: readonly string[];
  /** Patterns of API groups; empty is the core group. */
  readonly groups?: readonly string[];
  /** `pods`, `pods/exec`, `deployments/*`; `*` alone is everything. As in roles, `pods` is not `pods/exec`. */
  readonly resources?: readonly string[];
  readonly subresources?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly names?: readonly string[];
  /** Paths of what is no resource: `/healthz`, `/metrics`. */
  readonly paths?: readonly string[];
  readonly dryRun?: boolean;
  readonly patch?: readonly NonNullable<KubernetesFacts['patch']>[];
  readonly content?: ContentPattern;
  /** Of `exec`: the programs that its command runs. */
  readonly commands?: ProgramPattern;
  readonly containers?: readonly string[];
  /** Of `portforward`: `8080`, `9000-9099`. */
  readonly ports?: readonly string[];
}

/** How much of a request lies within a `kubernetes` pattern. */
export function compileKubernetesPattern(
  pattern: KubernetesPattern,
  effect: 'permit' | 'deny',
): (operation: Operation) => Aspect {
  const asked = [
    pattern.verbs && one('verb', pattern.verbs, '', ({ verb }) => verb),
    pattern.groups && one('group', pattern.groups, '', ({ group }) => group),
    pattern.resources && one('resource', pattern.resources, '/', resourceOf),
    pattern.subresources && one('subresource', pattern.subresources, '', ({ subresource }) => subresource),
    pattern.namespaces && placed('namespace', pattern.namespaces, ({ namespace }) => namespace, mayBeAnywhere),
    pattern.names && placed('name', pattern.names, ({ name }) => name, mayBeAnyName),
    pattern.paths && one('path', pattern.paths, '/', ({ path }) => path),
    pattern.patch && one('kind of patch', pattern.patch, '', ({ patch }) => patch),
    pattern.containers && placed('container', pattern.containers, ({ container }) => container, isInPod),
    pattern.dryRun === undefined ? undefined : dryRunQuestion(pattern.dryRun),
    pattern.ports && portsQuestion(pattern.ports),
    ...contentQuestions(pattern.content),
    ...commandQuestions(pattern.commands, effect),
  ].filter((question) => question !== undefined);
  return ({ kubernetes }) => {
    if (kubernetes === undefined) return { extent: 'none', why: 'it is no request to a cluster' };
    return together(asked.map((question) => question(kubernetes)));
  };
}

type Question = (facts: KubernetesFacts) => Aspect;

function one(
  what: string,
  values: readonly string[],
  separator: string,
  of: (facts: KubernetesFacts) => string | undefined,
): Question {
  const globs = values.map((value) => (separator === '/' && value === '*' ? all : compileGlob(value, separator)));
  return (facts) => {
    const value = of(facts);
    const isWithin = value !== undefined && globs.some((matches) => matches(value));
    return isWithin ? { extent: 'all', why: '' } : { extent: 'none', why: `its ${what} is another one` };
  };
}

function all(): boolean {
  return true;
}

/** As roles write it. */
function resourceOf({ resource, subresource }: KubernetesFacts): string | undefined {
  return resource === undefined || subresource === undefined ? resource : `${resource}/${subresource}`;
}

/** What is not said may be any where `isOpen`: a list over all namespaces has those of the rule, too. */
function placed(
  what: string,
  values: readonly string[],
  of: (facts: KubernetesFacts) => string | undefined,
  isOpen: (facts: KubernetesFacts) => boolean,
): Question {
  const question = one(what, values, '', of);
  return (facts) => {
    if (of(facts) !== undefined || !isOpen(facts)) return question(facts);
    return { extent: 'some', why: `it says no ${what}, so it may be about any` };
  };
}

/** Kinds of the built-in groups that are in no namespace. */
const CLUSTER_WIDE: ReadonlySet<string> = new Set(
  `componentstatuses namespaces nodes persistentvolumes mutatingwebhookconfigurations validatingwebhookconfigurations
   validatingadmissionpolicies validatingadmissionpolicybindings customresourcedefinitions apiservices selfsubjectreviews
   tokenreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews certificatesigningrequests
   flowschemas prioritylevelconfigurations ingressclasses runtimeclasses clusterrolebindings clusterroles
   priorityclasses csidrivers csinodes storageclasses volumeattachments`.split(/\s+/),
);

function mayBeAnywhere({ resource, group = '' }: KubernetesFacts): boolean {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io');
  return resource !== undefined && !(isBuiltIn && CLUSTER_WIDE.has(resource));
}

function mayBeAnyName({ resource }: KubernetesFacts): boolean {
  return resource !== undefined;
}

const IN_CONTAINERS: ReadonlySet<string | undefined> = new Set(['exec', 'attach', 'log', 'ephemeralcontainers']);

function isInPod({ subresource }: KubernetesFacts): boolean {
  return IN_CONTAINERS.has(subresource);
}

function dryRunQuestion(wanted: boolean): Question {
  return ({ dryRun = false }) =>
    dryRun === wanted
      ? { extent: 'all', why: '' }
      : { extent: 'none', why: dryRun ? 'the server would change nothing' : 'it is no dry run' };
}

function portsQuestion(values: readonly string[]): Question {
  const isWithin = compileRanges(values);
  return ({ ports, subresource }) => {
    if (ports === undefined && subresource === 'portforward') return { extent: 'some', why: 'its ports are not known' };
    const extent = extentOf((ports ?? []).map(String), (port) => isWithin(Number(port)));
    return { extent, why: extent === 'none' ? 'its ports are others' : 'it has ports outside of the rule' };
  };
}

const RUNS_PROGRAMS: ReadonlySet<string | undefined> = new Set(['exec', 'attach', 'ephemeralcontainers']);

function commandQuestions(pattern: ProgramPattern | undefined, effect: 'permit' | 'deny'): readonly Question[] {
  return programQuestions(pattern ?? {}, effect).map((question) => ({ runs, subresource }) => {
    const isProgram = runs !== undefined || RUNS_PROGRAMS.has(subresource);
    return question({ facts: runs ?? (isProgram ? { filesUnknown: true } : {}), isProgram });
  });
}
