/**
 * The shape of the repository as data: test/tidy.test.ts holds the code against it, ARCHITECTURE.md explains it. To
 * change the structure on purpose, change this file in the same commit, with the reason.
 */

/** What the source files of one folder may import, besides one another. */
export interface Floor {
  /** 0 words, 1 engines, 2 planes, 3 doors, 4 the top. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  /** Folders or single files below `src/`. */
  readonly imports: readonly string[];
  /** Packages of package.json. */
  readonly packages: readonly string[];
  /** True where no I/O may happen: of Node's own modules only `PURE_BUILTINS` may be imported. */
  readonly pure?: true;
}

const WORDS = ['model', 'wire'];
const ENGINES = ['sql', 'shell', 'policy', 'masking', 'openapi', 'grpc', 'audit'];
const CONTROL_PLANE = ['store', 'identity', 'targets', 'grants', 'approvals', 'budgets', 'retention', 'definitions'];
const OUTLETS = ['export', 'telemetry'];

/** By folder below `src/`; a deeper folder has an entry of its own or belongs to the one above it. */
export const FLOORS: Readonly<Record<string, Floor>> = {
  model: { level: 0, imports: [], packages: [], pure: true },
  wire: { level: 0, imports: [], packages: ['ws'] },

  sql: { level: 1, imports: WORDS, packages: ['libpg-query'], pure: true },
  // Command lines → programs: asked by the protocols that run some, and by who tries policies.
  shell: { level: 1, imports: ['model'], packages: [], pure: true },
  policy: { level: 1, imports: WORDS, packages: ['@marcbachmann/cel-js', 'yaml', 'zod'], pure: true },
  masking: {
    level: 1,
    imports: WORDS,
    packages: ['@secretlint/secretlint-rule-preset-recommend', 'ibantools', 'libphonenumber-js'],
    pure: true,
  },
  // Documents of HTTP services: read when targets are declared, asked by the protocol and by who tries policies.
  openapi: { level: 1, imports: ['model'], packages: ['ajv', 'yaml'], pure: true },
  // Services of gRPC by their descriptors: read when targets are declared, asked by the protocol.
  grpc: { level: 1, imports: ['model'], packages: ['@bufbuild/protobuf'], pure: true },
  // How logs and those who vouch for them write (C2SP, RFC 9162), read in browsers as well: hashes are handed in.
  'audit/c2sp': { level: 1, imports: [], packages: [], pure: true },
  // The packages are the evidence bundle's: tokens sealed to auditors, timestamps of RFC 3161.
  audit: {
    level: 1,
    imports: [...WORDS, 'audit/c2sp', 'audit/verify/bundle', 'audit/verify/pack'],
    packages: [
      '@peculiar/asn1-cms',
      '@peculiar/asn1-schema',
      '@peculiar/asn1-tsp',
      '@peculiar/asn1-x509',
      'age-encryption',
    ],
  },
  // Runs in a browser as well (web/verify): nothing of Node, files and digests are handed in.
  'audit/verify/bundle': {
    level: 1,
    imports: ['model', 'audit'],
    packages: ['@noble/post-quantum', 'age-encryption', 'jose'],
    pure: true,
  },
  // As the bundles that it holds: in a browser as well.
  'audit/verify/pack': { level: 1, imports: ['model', 'audit', 'audit/verify/bundle'], packages: [], pure: true },
  protocols: { level: 1, imports: WORDS, packages: [] },
  // How each of them reaches its real server: sockets, TLS and what is verified there.
  'protocols/upstream': { level: 1, imports: WORDS, packages: [] },
  'protocols/postgres': {
    level: 1,
    imports: [...WORDS, 'sql', 'protocols/protocol.ts', 'protocols/upstream'],
    packages: [],
  },
  'protocols/http': {
    level: 1,
    imports: [...WORDS, 'openapi', 'grpc', 'protocols/protocol.ts', 'protocols/upstream'],
    packages: ['graphql', 'jose'],
  },

  // A layer over HTTP: how messages are carried is HTTP's, what they mean is MCP's (docs/design/0008-mcp.md).
  'protocols/mcp': {
    level: 1,
    imports: [...WORDS, 'protocols/protocol.ts', 'protocols/upstream', 'protocols/http'],
    packages: [],
  },

  // Hosts reached by SSH (docs/design/0009-ssh.md); command lines are read by what reads shells.
  'protocols/ssh': {
    level: 1,
    imports: [...WORDS, 'shell', 'protocols/protocol.ts', 'protocols/upstream'],
    packages: ['ssh2'],
  },

  // A layer over HTTP as well: what clusters are asked, in their words (docs/design/0010-kubernetes.md).
  'protocols/kubernetes': {
    level: 1,
    imports: [...WORDS, 'shell', 'protocols/protocol.ts', 'protocols/upstream', 'protocols/http'],
    packages: ['yaml'],
  },

  // A witness of logs, ours and others': a program of its own that shares the formats with the log and nothing else.
  witness: { level: 2, imports: [...WORDS, 'audit'], packages: [] },
  // Keys that others keep: Vault, a cloud's KMS. They sign what the log asks them to.
  signers: { level: 2, imports: [...WORDS, 'audit'], packages: ['aws4fetch', 'zod'] },
  gateway: { level: 2, imports: [...WORDS, ...ENGINES, 'protocols/protocol.ts'], packages: [] },
  // Lists of the configuration and where their secrets come from: several folders of the control plane and exports have some.
  declared: { level: 2, imports: ['model'], packages: ['zod'] },
  store: { level: 2, imports: [...WORDS, 'policy'], packages: ['kysely', 'pg'] },
  identity: { level: 2, imports: [...WORDS, 'policy', 'store'], packages: ['jose', 'openid-client', 'zod'] },
  targets: {
    level: 2,
    imports: [...WORDS, 'policy', 'openapi', 'grpc', 'store', 'declared'],
    packages: ['yaml', 'zod'],
  },
  grants: { level: 2, imports: [...WORDS, 'policy', 'store'], packages: ['zod'] },
  // What MCP targets say of themselves, and what people said of that.
  definitions: { level: 2, imports: [...WORDS, 'store', 'definitions/scan'], packages: [] },
  // Reads hostile text, and nothing else.
  'definitions/scan': { level: 2, imports: ['model'], packages: [], pure: true },
  budgets: { level: 2, imports: [...WORDS, 'store'], packages: [] },
  // What is erased when, and what may not be: it orders, and the audit log does it.
  retention: { level: 2, imports: [...WORDS, 'store', 'declared'], packages: ['zod'] },
  approvals: { level: 2, imports: [...WORDS, 'policy', 'store', 'declared'], packages: ['nodemailer', 'zod'] },

  // What leaves for other systems: it reads the record, and has no say in anything.
  export: { level: 2, imports: [...WORDS, 'sql', 'audit', 'store', 'declared'], packages: ['aws4fetch', 'zod'] },
  // What the gateway says of itself while it runs. The gateway states what it tells (gateway/exchange-watch.ts).
  telemetry: { level: 2, imports: [...WORDS, 'audit', 'gateway'], packages: ['prom-client'] },

  // Policies tried without traffic: cases, replays, lint. It reads what targets and trust declare, and decides nothing that counts.
  // A request of HTTP, and a command that carries files, is read by what reads it in the gateway.
  trials: {
    level: 2,
    imports: [...WORDS, ...ENGINES, 'protocols/http', 'protocols/kubernetes', 'protocols/ssh', 'targets', 'identity'],
    packages: ['yaml', 'zod'],
  },

  api: {
    level: 3,
    imports: [
      ...WORDS,
      ...ENGINES,
      ...CONTROL_PLANE,
      ...OUTLETS,
      'definitions/scan',
      'protocols/protocol.ts',
      'gateway',
      'trials',
    ],
    packages: [
      'fastify',
      '@fastify/cookie',
      '@fastify/static',
      '@fastify/swagger',
      'fastify-type-provider-zod',
      'ws',
      'zod',
    ],
  },
  cli: {
    level: 3,
    imports: [...WORDS, ...ENGINES, ...CONTROL_PLANE, 'protocols', 'gateway', 'trials', 'witness', 'cli/start'],
    packages: ['commander', 'jose', 'pg', 'ws', 'yaml', 'zod'],
  },
  // What `start` alone needs, so that no other command loads it.
  'cli/start': {
    level: 3,
    imports: [...WORDS, ...ENGINES, ...CONTROL_PLANE, ...OUTLETS, 'signers', 'protocols', 'gateway', 'cli'],
    // `pg`: the gateway's own MCP server asks databases as a client does.
    packages: ['@peculiar/x509', 'pg', 'reflect-metadata', 'yaml', 'zod'],
  },
  'cli/demo': { level: 3, imports: [...WORDS, 'cli/start'], packages: ['jose', 'pg', 'yaml'] },
};

/** The one file above the floors: it imports everything, and nothing imports it. */
export const TOP = 'main.ts';

/** The list of protocols is the one file of `protocols/` that knows each of them. */
export const PROTOCOL_LIST = 'protocols/index.ts';

/** Node's modules that touch neither disk, network, process nor clock. */
export const PURE_BUILTINS = ['node:assert/strict', 'node:buffer', 'node:crypto', 'node:util', 'node:vm'];

export const MAX_FILE_LINES = 500;
/** Above this a source file stands in `LONG_FILES`. */
export const LONG_FILE_LINES = 300;
/** Source files (tests apart) of more than 300 lines, and why each is one thing. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'src/model/limits.ts': 'a list, of every bound',
  'src/grants/grant-service.ts': 'one service: what is given, checked, renewed and revoked',
  'src/protocols/ssh/channels/ssh-channel.ts':
    'one channel: its windows either way, its messages and answers in their order',
  'src/shell/parse-script.ts': 'one grammar, read from one place in a text',
  'src/sql/postgres/facts.ts': 'one walk over a tree, with all that a node of it may call',
};

/** Files that no import from `src/main.ts` reaches, and who uses each. */
export const OTHER_ENTRIES: Readonly<Record<string, string>> = {
  'src/audit/bundle/survey-worker.ts': 'the thread that survey-thread.ts starts',
  'src/audit/verify/verify-worker.ts': 'the thread that verify-thread.ts starts',
  'src/audit/seal/sealer-worker.ts': 'the thread that sealer-thread.ts starts',
  'src/masking/detectors/found.ts': 'the tests of the detectors',
};

/**
 * Files with code below the doors that neither a test of their own folder nor the conformance suite reaches by imports,
 * and where each is tested.
 */
export const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'src/gateway/carriers.ts': 'src/cli/run/carried.test.ts, with real clients through the whole way',
  'src/store/proof-rows.ts': 'src/cli/run/door.test.ts, where a proof comes twice',
  'src/audit/bundle/survey-worker.ts': 'survey-session.test.ts, which starts the thread',
  'src/audit/verify/verify-worker.ts': 'read-log.test.ts, which starts the thread',
  'src/store/budget-rows.ts': 'src/budgets/budget-service.test.ts, on each store',
  'src/store/access-rows.ts': 'test/mcp/request-access.test.ts, by what an agent asks for',
  'src/store/given-target-rows.ts': 'test/mcp/request-access.test.ts, in one gateway and in two',
  'src/store/run-token-rows.ts': 'src/grants/kept-tokens.test.ts, on each store',
  'src/store/definition-rows.ts': 'src/definitions/definition-service.test.ts, on each store',
  'src/store/erasure-rows.ts': 'src/retention/erasing-gateways.test.ts, on each store',
  'src/store/hold-rows.ts': 'src/retention/erasing-gateways.test.ts, on each store',
  'src/store/kept-runs.ts': 'src/retention/erasing-gateways.test.ts, on each store',
  'src/store/retention-rows.ts': 'src/retention/erasing-gateways.test.ts, on each store',
  'src/store/tidy-store.ts': 'src/retention/erasing-gateways.test.ts, on each store',
  'src/store/transaction-clock.ts': 'src/budgets/budget-service.test.ts and the budgets of src/gateway, on each store',
  'src/audit/seal/sealer-worker.ts': 'open-audit-log.test.ts, which starts the thread',
  'src/store/ssh-rows.ts': 'src/grants/ssh-grants.test.ts, on each store',
};

/** What no file of ours may say, and why. Each pattern is written so that it does not find itself. */
export const BANNED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/, why: 'finish it, or open an issue' },
  { pattern: /(?<![\w.$}~-])\/(?:wor[k]|roo[t]|home\/[a-z]+|Users\/[a-z]+)\//, why: 'a path of one machine' },
  {
    pattern: /https?:\/\/(?!registry\.npmjs\.org)[\w.-]*(?:registr[y]|artifactor[y]|nexu[s]|verdacci[o])[\w.-]*[:/]/i,
    why: "a package registry's address",
  },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KE[Y]-----\\?n?[A-Za-z0-9+/]{40}/, why: 'a private key' },
];

/** Documents that must stay short enough to be read, in lines. */
export const DOCUMENT_LINES: Readonly<Record<string, number>> = { 'README.md': 120, 'ARCHITECTURE.md': 150 };
