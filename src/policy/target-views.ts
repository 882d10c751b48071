import type { KubernetesFacts } from '../model/kubernetes.ts';
import type { Operation } from '../model/request.ts';
import type { ProgramFacts, SshFacts } from '../model/ssh.ts';
import { contentOf } from './kubernetes-content-pattern.ts';
import { runs } from './ssh-pattern.ts';

/** What conditions see of SSH hosts and clusters, as cel-js declares variables. */
export const TARGET_SCHEMAS = {
  ssh: {
    channel: 'string',
    user: 'string',
    program: 'string',
    programKnown: 'bool',
    through: 'list<string>',
    arguments: 'list<string>',
    argumentsKnown: 'bool',
    files: 'list<map<string, string>>',
    filesKnown: 'bool',
    environment: 'list<string>',
    repository: 'string',
    refs: 'list<map<string, string>>',
    host: 'string',
    port: 'int',
  },
  kubernetes: {
    verb: 'string',
    group: 'string',
    version: 'string',
    resource: 'string',
    subresource: 'string',
    namespace: 'string',
    name: 'string',
    path: 'string',
    dryRun: 'bool',
    patch: 'string',
    labelSelector: 'string',
    fieldSelector: 'string',
    object: 'dyn',
    objectKnown: 'bool',
    images: 'list<string>',
    privileged: 'bool',
    hostPaths: 'list<string>',
    capabilities: 'list<string>',
    replicas: 'int',
    annotations: 'map<string, string>',
    labels: 'map<string, string>',
    serviceAccount: 'string',
    command: 'list<string>',
    container: 'string',
    ports: 'list<int>',
  },
} as const;

type View = Readonly<Record<string, unknown>>;

/** Of an operation that is asked of no SSH host everything is empty, so that a condition about one is false. */
export function sshView({ ssh }: Operation): View {
  const { channel = '', user = '', program = '', through = [], arguments: words = [], files = [] } = ssh ?? {};
  const { environment = [], repository = '', refs = [], host = '', port = -1 } = ssh ?? {};
  const doubts = programDoubts(ssh);
  return {
    channel,
    user,
    program,
    programKnown: !doubts.program,
    through,
    arguments: words.filter((word) => word !== null),
    argumentsKnown: !doubts.words,
    files: files.map(({ path, use }) => ({ path, use })),
    filesKnown: !doubts.files,
    environment,
    repository,
    refs: refs.map(({ name, action }) => ({ name, action })),
    host,
    port: BigInt(port),
  };
}

/** As of SSH hosts: empty of what is no request to a cluster. A number that is not said is -1. */
export function kubernetesView({ kubernetes }: Operation): View {
  const facts: Partial<KubernetesFacts> = kubernetes ?? {};
  const { verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = '' } = facts;
  const { path = '', dryRun = false, patch = '', labelSelector = '', fieldSelector = '' } = facts;
  const { command = [], container = '', ports = [], object } = facts;
  const content = kubernetes === undefined ? undefined : contentOf(kubernetes);
  const {
    images = [],
    privileged = false,
    hostPaths = [],
    replicas = -1,
  } = content === 'unknown' ? {} : (content ?? {});
  const {
    annotations = {},
    labels = {},
    serviceAccount = '',
    capabilities = [],
  } = content === 'unknown' ? {} : (content ?? {});
  return {
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    path,
    dryRun,
    patch,
    labelSelector,
    fieldSelector,
    command,
    container,
    ports: ports.map(BigInt),
    object: object === undefined || object === 'unknown' ? {} : object,
    objectKnown: !isObjectDoubtful(kubernetes),
    images,
    privileged: privileged === true,
    hostPaths,
    capabilities,
    replicas: BigInt(replicas),
    annotations,
    labels,
    serviceAccount,
  };
}

/** What of these is known whatever the words of a command and the object of a request are. */
export const OF_SSH = 'channel user repository host port programKnown argumentsKnown filesKnown'.split(' ');
export const OF_KUBERNETES =
  'verb group version resource subresource namespace name path dryRun patch labelSelector fieldSelector objectKnown container'.split(
    ' ',
  );

/** The fields of an object, for whoever asks which of them a condition uses. */
export const OBJECT_FIELDS: ReadonlySet<string> = new Set(
  'object objectKnown images privileged hostPaths capabilities replicas annotations labels serviceAccount'.split(' '),
);

/** What rules may ask of a program and nobody knows. */
export function programDoubts(ssh: SshFacts | undefined): Readonly<Record<'program' | 'words' | 'files', boolean>> {
  if (ssh === undefined || (!runs(ssh) && ssh.filesUnknown !== true))
    return { program: false, words: false, files: false };
  const { program, arguments: words = [null], filesUnknown }: ProgramFacts = ssh;
  const isUnknown = runs(ssh) && program === undefined;
  return {
    program: isUnknown,
    words: runs(ssh) && (isUnknown || words.includes(null)),
    files: isUnknown || filesUnknown === true,
  };
}

export function isObjectDoubtful(facts: KubernetesFacts | undefined): boolean {
  if (facts === undefined) return false;
  const content = contentOf(facts);
  return facts.object === 'unknown' || content === 'unknown' || content?.privileged === 'unknown';
}
