import type { TargetView } from '../../api/types.ts';
import type { Word, WordTree } from '../../parts/configuration/words.ts';

/** What a policy may say (docs/reference/policy.md); test/web/policy-words.test.ts holds it to the gateway's schema. */
export const OPERATION_GROUPS: Readonly<Record<string, string>> = {
  read: 'reads tables',
  write: 'changes rows',
  ddl: 'changes definitions',
  admin: 'roles, privileges, files, the server',
  session: 'this session only',
  transaction: 'transactions',
  unknown: 'nobody can tell',
  any: 'everything that is known',
};

export const OPERATION_KINDS: readonly string[] = `
  select returning insert update delete merge truncate copy-in copy-out copy-program refresh vacuum analyze
  create alter drop comment cluster reindex grant revoke load checkpoint set reset show prepare execute deallocate
  declare fetch move close listen unlisten notify discard explain lock begin commit rollback savepoint release
  rollback-to prepare-transaction commit-prepared rollback-prepared set-constraints do call function empty
  initialize ping server/discover tools/list tools/call prompts/list prompts/get resources/list resources/templates/list
  resources/read resources/subscribe resources/unsubscribe subscriptions/listen completion/complete logging/setLevel
  tasks/get tasks/list tasks/result tasks/update tasks/cancel sampling/createMessage elicitation/create roots/list
  notifications/initialized notifications/cancelled notifications/progress notifications/roots/list_changed
  notifications/elicitation/complete notifications/tasks/status answer session/end
  get head options post put patch propfind proppatch report search query mkcol unlock
  exec shell file-read file-write file-append file-create file-remove file-rename file-list file-stat file-attributes
  file-link file-directory file-execute sftp scp git-refs git-fetch git-archive git-push forward
  list watch deletecollection proxy connect
`
  .trim()
  .split(/\s+/u);

/** Detectors, and the names that stand for several. */
export const DETECTORS: readonly string[] = [
  'email',
  'card',
  'iban',
  'phone',
  'us-ssn',
  'uk-nhs',
  'nl-bsn',
  'de-tax-id',
  'es-dni',
  'fr-nir',
  'it-fiscal-code',
  'pl-pesel',
  'br-cpf',
  'in-aadhaar',
  'ip-address',
  'jwt',
  'private-key',
  'api-key',
  'aws-secret',
  'credential',
  'url-password',
  'secret',
  'pii',
  'national-id',
];

const RUN_FIELDS: readonly string[] = `
  issuer issuerKind tokenSubject sourceRepositoryUri sourceRepositoryId sourceOwnerId sourceRef sourceDigest
  buildConfigUri buildConfigDigest buildSignerUri buildSignerDigest runInvocationUri runId runAttempt trigger
  environment runnerEnvironment visibility actor actorId workloadId workloadName runBinding kind demo
`
  .trim()
  .split(/\s+/u);

export const PRINCIPAL_FIELDS: readonly string[] = [
  'principal.id',
  'principal.kind',
  'principal.display',
  'grant.rule',
  ...RUN_FIELDS.map((field) => `run.${field}`),
];

interface World {
  readonly targets: readonly TargetView[];
  /** Groups of people who may be asked. */
  readonly groups: readonly string[];
}

const wordsOf = (labels: readonly string[], detail?: string): Word[] =>
  labels.map((label) => ({ label, ...(detail !== undefined && { detail }) }));

/** The words of policies, with the names that this gateway has. */
export function policyWords({ targets, groups }: World): WordTree {
  const classes = [...new Set(targets.flatMap(({ classified }) => classified.map((one) => one.class)))];
  const labels = Object.entries(
    Object.groupBy(
      targets.flatMap((target) => Object.entries(target.labels)),
      ([name]) => name,
    ),
  );
  const labelKeys = Object.fromEntries(
    labels.map(([name, pairs = []]) => [name, { values: wordsOf([...new Set(pairs.map(([, value]) => value))]) }]),
  );
  const targetNames = wordsOf(['any', ...targets.map(({ name }) => name)], 'target');
  const rule: Readonly<Record<string, WordTree>> = {
    name: { info: 'Shown in refusals and in the record; unique.' },
    principals: {
      info: 'Who: `any`, or fields and their values.',
      values: wordsOf(['any']),
      moreKeys: wordsOf(PRINCIPAL_FIELDS, 'verified'),
    },
    targets: {
      info: 'Where: names, or `{ names: […], labels: {…} }`, or `any`.',
      values: targetNames,
      keys: { names: { values: targetNames }, labels: { keys: labelKeys } },
    },
    operations: {
      info: 'Which kinds and groups of statements.',
      values: [
        ...Object.entries(OPERATION_GROUPS).map(([label, info]) => ({ label, info, detail: 'group' })),
        ...wordsOf(OPERATION_KINDS, 'kind'),
      ],
    },
    tables: {
      info: 'Which tables: schema.table, patterns allowed.',
      values: wordsOf(tablesOf(targets), 'has classified columns'),
      keys: { table: { values: wordsOf(tablesOf(targets)) }, use: { values: wordsOf(['read', 'write']) } },
    },
    functions: { info: 'Which functions: nextval, app.*' },
    flags: { info: 'Statements that bear one of these.', values: wordsOf(FLAGS, 'flag') },
    ...columnWords(classes),
    lock: { info: 'Operations that lock a table at least so strongly.', values: wordsOf(LOCKS, 'lock') },
    http: HTTP,
    mcp: MCP,
    ssh: SSH,
    kubernetes: KUBERNETES,
    when: { info: 'A condition in CEL over operation, principal, run, target and time.' },
    timezone: { info: 'The zone in which `when` asks for the time.', values: wordsOf(['UTC', 'Europe/Berlin']) },
    effect: { info: 'permit or deny; deny always wins.', values: wordsOf(['permit', 'deny']) },
    mask: {
      info: 'Classes of columns and detectors whose finds are masked.',
      values: [
        ...wordsOf(classes, 'class'),
        ...wordsOf(
          DETECTORS.filter((name) => !classes.includes(name)),
          'detector',
        ),
      ],
    },
    approve: approveWords(groups),
    limit: { info: 'Budgets.', keys: { rowsRead: {}, rowsChanged: {}, bytes: {}, statements: {} } },
    session: SESSION,
    reason: { info: 'Told to the client on a denial: why.' },
    hint: { info: 'Told to the client on a denial: what to do instead.' },
  };
  return { keys: { policies: { keys: rule } } };
}

/** Keys of a rule about requests. */
const HTTP: WordTree = {
  info: 'HTTP requests of this kind alone.',
  keys: {
    methods: { info: 'As sent, in capitals.', values: wordsOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) },
    hosts: { info: 'The target’s own host; patterns allowed.' },
    paths: { info: 'The path without the query; * within a segment, ** across.' },
    query: { info: 'Parameters by name, each with its values.' },
    headers: { info: 'Fields by name in lower case, each with its values.' },
    mediaTypes: { info: 'The body’s type: application/json.' },
    body: { info: 'Fields of JSON or a form by path, each with its values: customer.tier, items[].sku.' },
    operations: { info: 'What the target’s OpenAPI document calls its operations.' },
    templates: { info: 'The document’s paths: /customers/{id}.' },
    declared: { info: 'Whether the document has the request.', values: wordsOf(['true', 'false']) },
    actions: { info: 'Actions of AWS: s3:GetObject, dynamodb:*' },
    resources: { info: 'Their resources: arn:aws:s3:::bucket/*' },
    graphql: {
      info: 'Of targets with the dialect graphql.',
      keys: {
        types: { values: wordsOf(['query', 'mutation', 'subscription']) },
        fields: { info: 'Root fields by their own names; patterns allowed.' },
      },
    },
  },
};

/** Keys of a rule about messages of MCP. */
const MCP: WordTree = {
  info: 'Messages of MCP of this kind alone.',
  keys: {
    servers: { info: 'Names of targets; patterns allowed.' },
    methods: { info: 'tools/call, resources/*', values: wordsOf(['tools/call', 'prompts/get', 'resources/read']) },
    tools: { info: 'Names of tools; patterns allowed.' },
    prompts: { info: 'Names of prompts; patterns allowed.' },
    resources: { info: 'URIs; * within a segment, ** across.' },
    arguments: { info: 'What is given along by path, each with its values.' },
    from: { info: 'Who asks.', values: wordsOf(['client', 'server']) },
  },
};

const PROGRAM_WORDS: Readonly<Record<string, WordTree>> = {
  programs: { info: 'Names of programs; patterns allowed.' },
  arguments: { info: 'Words after the program, wherever they stand; a permit wants all of them.' },
  files: {
    info: 'Paths: /var/log/**; a permit wants all of them.',
    keys: {
      path: { info: '* within a name, ** across.' },
      uses: { values: wordsOf(['read', 'write', 'append', 'create', 'remove', 'rename', 'list', 'stat', 'execute']) },
    },
  },
  environment: { info: 'Names of variables that are set.' },
};

/** Keys of a rule about SSH hosts. */
const SSH: WordTree = {
  info: 'What is asked of SSH hosts alone.',
  keys: {
    channels: { values: wordsOf(['exec', 'shell', 'files', 'git', 'forward', 'listen']) },
    users: { info: 'Logins at the host; patterns allowed.' },
    ...PROGRAM_WORDS,
    repositories: { info: 'Repositories of git as they are named.' },
    refs: {
      info: 'What a push changes: refs/heads/main.',
      keys: {
        name: { info: '* within a segment, ** across.' },
        actions: { values: wordsOf(['create', 'update', 'delete']) },
      },
    },
    hosts: { info: 'Where a forwarding leads; * stands for anything but a dot.' },
    ports: { info: '443, 8000-8999' },
  },
};

/** Keys of a rule about clusters. */
const KUBERNETES: WordTree = {
  info: 'Requests to clusters alone.',
  keys: {
    verbs: {
      info: 'As in roles.',
      values: wordsOf(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']),
    },
    groups: { info: 'As in roles: apps, batch; the core group is empty.' },
    resources: {
      info: 'As in roles: pods, pods/exec, deployments/*',
      values: wordsOf(['pods', 'pods/exec', 'secrets']),
    },
    subresources: { values: wordsOf(['exec', 'attach', 'portforward', 'log', 'scale', 'status', 'eviction']) },
    namespaces: { info: 'Patterns allowed.' },
    names: { info: 'Patterns allowed.' },
    paths: { info: 'What is no resource: /healthz, /metrics' },
    dryRun: { info: 'The server would change nothing.', values: wordsOf(['true', 'false']) },
    patch: { values: wordsOf(['apply', 'merge', 'json', 'strategic']) },
    content: {
      info: 'What stands in the object that is sent.',
      keys: {
        kinds: { info: 'Deployment' },
        images: { info: 'registry.example.com/team/**; a permit wants all of them.' },
        privileged: { values: wordsOf(['true', 'false']) },
        hostPaths: { info: 'Mounts of the host’s own files.' },
        capabilities: { info: 'SYS_ADMIN' },
        replicas: { info: '0, 1-5' },
        annotations: { info: 'By name, each with its values.' },
        labels: { info: 'By name, each with its values.' },
        serviceAccounts: { info: 'Patterns allowed.' },
      },
    },
    commands: { info: 'Of exec: the programs that its command runs.', keys: PROGRAM_WORDS },
    containers: { info: 'Patterns allowed.' },
    ports: { info: 'Of portforward: 8080, 9000-9099' },
  },
};

const SESSION: WordTree = {
  info: 'What the target’s session must be while a request runs there.',
  keys: {
    statementTimeout: { info: 'How long a statement may take: 30s.' },
    lockTimeout: { info: 'How long it may wait for a lock: 2s.' },
    idleInTransactionTimeout: { info: 'How long a transaction may do nothing: 1m.' },
    readOnly: { info: 'The server refuses writes.', values: wordsOf(['true', 'false']) },
    rows: { info: 'Each result of a read ends after so many rows.' },
    name: { info: 'The server’s list of sessions names the run.', values: wordsOf(['true']) },
  },
};

/** Weakest first. */
const LOCKS: readonly string[] = [
  'access-share',
  'row-share',
  'row-exclusive',
  'share-update-exclusive',
  'share',
  'share-row-exclusive',
  'exclusive',
  'access-exclusive',
];

function columnWords(classes: readonly string[]): Readonly<Record<string, WordTree>> {
  const values = [...wordsOf(['any']), ...wordsOf(classes, 'class')];
  return {
    reads: { info: 'Operations that show a column of one of these classes.', values },
    filters: { info: 'Operations that filter, sort or join by such a column.', values },
    writes: { info: 'Operations that assign such a column.', values },
    copies: { info: 'Operations that store its values elsewhere.', values },
  };
}

function approveWords(groups: readonly string[]): WordTree {
  const booleans = wordsOf(['true', 'false']);
  return {
    info: 'Holds the request until people of a group approve.',
    keys: {
      group: { info: 'Who is asked.', values: wordsOf(groups, 'group') },
      quorum: { info: 'How many people must approve; 1 unless said otherwise.', values: wordsOf(['1', '2']) },
      within: { info: 'How long it waits: 30m unless said otherwise.', values: wordsOf(['10m', '30m', '1h']) },
      allowActor: { info: 'Whether the run’s own actor may approve.', values: booleans },
      measureRows: { info: 'Count rows by a run that is rolled back.', values: booleans },
      showText: { info: 'Show the statement in messages of channels.', values: booleans },
    },
  };
}

export const FLAGS: readonly string[] = `
  copy-program copy-file file-access large-object do-block dynamic-sql dynamic-setting dblink foreign-access
  untrusted-language parser-setting set-role session-replication-role superuser-setting row-security row-security-setting
  terminate-backend sensitive-catalog temporary subscription credentials
`
  .trim()
  .split(/\s+/u);

function tablesOf(targets: readonly TargetView[]): readonly string[] {
  const columns = targets.flatMap(({ classified }) => classified.map(({ column }) => column));
  return [...new Set(columns.map((column) => column.split('.').slice(0, 2).join('.')))];
}
