import type { HttpFacts } from './http.ts';
import type { KubernetesFacts, ObjectContent } from './kubernetes.ts';
import type { Operation } from './request.ts';
import type { ProgramFacts, SshFacts } from './ssh.ts';

/** An operation as people read it, whatever protocol it is of. Nothing in it is neutralised. */
export interface OperationWords {
  /** `sudo rm`, `delete pods`, `tools/call create_issue`; the kind where that says it. */
  readonly title: string;
  /** What rules see of it beside its tables and columns. */
  readonly facts: readonly OperationFact[];
}

export interface OperationFact {
  readonly name: string;
  readonly values: readonly string[];
}

export function operationWords(operation: Operation): OperationWords {
  const { kind, ssh, kubernetes, mcp, http } = operation;
  const facts = [
    ...(ssh === undefined ? [] : hostFacts(ssh)),
    ...(kubernetes === undefined ? [] : clusterFacts(kubernetes)),
    ...(http === undefined || kubernetes !== undefined ? [] : httpFacts(http)),
  ];
  const tool = mcp?.name === undefined ? '' : ` ${mcp.name}`;
  const title = programTitle(operation) ?? clusterTitle(kubernetes) ?? `${kind}${tool}`;
  return { title, facts: facts.filter(({ values }) => values.length > 0) };
}

/**
 * What operations do, without anything that somebody typed: programs of plain names, verbs and kinds of objects. For
 * messages that do not show what is asked.
 */
export function plainTitles(operations: readonly Operation[]): readonly string[] {
  const titles = operations.map((operation) => {
    const { kind, kubernetes } = operation;
    const names = programNames(operation);
    if (names !== undefined) return names.every((name) => PLAIN_PROGRAM.test(name)) ? names.join(' ') : 'a program';
    return clusterTitle(kubernetes) ?? kind;
  });
  return [...new Set(titles)];
}

/** Names of programs that are names and nothing else: they may stand where what somebody typed may not. */
export const PLAIN_PROGRAM = /^[a-z0-9[][a-z0-9._+-]{0,40}$/;

/** What starts it, and the program; undefined of what runs none. */
function programNames({ ssh, kubernetes }: Operation): readonly string[] | undefined {
  const facts = ssh?.channel === 'exec' ? ssh : kubernetes?.runs;
  return facts === undefined ? undefined : [...(facts.through ?? []), facts.program ?? UNKNOWN_PROGRAM];
}

const UNKNOWN_PROGRAM = 'a program that is not known';

function programTitle(operation: Operation): string | undefined {
  return programNames(operation)?.join(' ');
}

function clusterTitle(facts: KubernetesFacts | undefined): string | undefined {
  if (facts?.resource === undefined) return undefined;
  const { verb, resource, subresource } = facts;
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

function programFacts({ arguments: words, files = [], filesUnknown, environment = [] }: ProgramFacts) {
  const named = files.map(({ path, use, recursive }) => `${use} ${path}${recursive === true ? ' and all below' : ''}`);
  const others = filesUnknown === true ? ['others that are not known'] : [];
  return [
    { name: 'Words', values: (words ?? []).map((word) => (word === null ? '… (not known)' : word || "''")) },
    { name: 'Files', values: [...named, ...others] },
    { name: 'Sets', values: environment },
  ];
}

function hostFacts(facts: SshFacts): readonly OperationFact[] {
  const { user, repository, refs = [], host, port, channel } = facts;
  const place = host === undefined ? [] : [`${host}:${port ?? 'any port'}`];
  return [
    ...programFacts(facts),
    { name: 'Repository', values: repository === undefined ? [] : [repository] },
    { name: 'Refs', values: refs.map(({ action, name }) => `${action} ${name}`) },
    { name: channel === 'listen' ? 'Listens at' : 'Leads to', values: place },
    // Of the others it is told beside their text.
    { name: 'Login', values: channel === 'files' ? [user] : [] },
  ];
}

function clusterFacts(facts: KubernetesFacts): readonly OperationFact[] {
  const { namespace, name, path, container, ports = [], command = [], runs, dryRun, patch, object, content } = facts;
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  return [
    { name: 'Namespace', values: one(namespace) },
    { name: 'Name', values: one(name) },
    { name: 'Path', values: one(path) },
    { name: 'Patch', values: one(patch) },
    { name: 'Container', values: one(container) },
    { name: 'Ports', values: ports.map(String) },
    ...(runs === undefined ? [{ name: 'Command', values: command }] : programFacts(runs)),
    { name: 'Changes nothing', values: dryRun === true ? ['a dry run'] : [] },
    { name: 'Object', values: object === 'unknown' ? ['cannot be read'] : [] },
    ...contentFacts(content),
  ];
}

function contentFacts(content: ObjectContent | undefined): readonly OperationFact[] {
  if (content === undefined) return [];
  const { images, privileged, hostPaths, capabilities = [], replicas, serviceAccount } = content;
  return [
    { name: 'Images', values: images },
    { name: 'Privileged', values: privileged === false ? [] : [privileged === true ? 'yes' : 'not known'] },
    { name: 'Mounts of the host', values: hostPaths },
    { name: 'Capabilities', values: capabilities },
    { name: 'Replicas', values: replicas === undefined ? [] : [String(replicas)] },
    { name: 'Service account', values: serviceAccount === undefined ? [] : [serviceAccount] },
  ];
}

function httpFacts({ template, operationId, action, resources = [], graphql }: HttpFacts): readonly OperationFact[] {
  return [
    { name: 'Operation', values: template === undefined ? [] : [`${operationId ?? 'without a name'}, ${template}`] },
    { name: 'Action', values: action === undefined ? [] : [action] },
    { name: 'Resources', values: resources },
    { name: 'GraphQL', values: graphql === undefined ? [] : [`${graphql.type} of ${graphql.fields.join(', ')}`] },
  ];
}
