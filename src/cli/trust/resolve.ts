import { Command } from 'commander';
import { z } from 'zod';
import { CliError, EXIT } from '../cli-error.ts';
import { processOutput } from '../output.ts';
import { printable } from '../printable.ts';

interface ResolveOptions {
  readonly json?: boolean;
  readonly server?: string;
}

interface Resolver {
  /** Where anybody may ask, without a credential. */
  readonly server: string;
  readonly path: (name: string) => string;
  readonly read: (answer: unknown) => Resolved;
}

interface Resolved {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
}

const idSchema = z.int().positive();
const githubSchema = z.object({ id: idSchema, full_name: z.string(), owner: z.object({ id: idSchema }) });
const gitlabSchema = z.object({ id: idSchema, path_with_namespace: z.string(), namespace: z.object({ id: idSchema }) });

const RESOLVERS: Readonly<Record<string, Resolver>> = {
  github: {
    server: 'https://api.github.com',
    path: (name) => `/repos/${name.split('/').map(encodeURIComponent).join('/')}`,
    read: (answer) => {
      const { id, owner, full_name: name } = githubSchema.parse(answer);
      return { id: String(id), ownerId: String(owner.id), name };
    },
  },
  gitlab: {
    server: 'https://gitlab.com',
    path: (name) => `/api/v4/projects/${encodeURIComponent(name)}`,
    read: (answer) => {
      const { id, namespace, path_with_namespace: name } = gitlabSchema.parse(answer);
      return { id: String(id), ownerId: String(namespace.id), name };
    },
  },
};

/** What the two call a repository: segments of letters, digits, dots, dashes and underscores. */
const NAME = /^[\w.-]+(?:\/[\w.-]+)+$/;
const DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** `chaperone trust resolve`: the ids of a public repository, as the rule that pins them. */
export function resolveCommand(): Command {
  return new Command('resolve')
    .summary('find the ids of a public repository, and print the rule that pins them')
    .description(
      'Asks the public API of GitHub or GitLab, without a credential. What is private is not found: the reference says\n' +
        'where each CI system shows its ids.',
    )
    .argument('<kind>', Object.keys(RESOLVERS).join(' or '))
    .argument('<name>', 'OWNER/NAME, or GROUP/PROJECT')
    .option('--server <url>', 'the API of another server: https://HOST/api/v3 of GitHub, https://HOST of GitLab')
    .option('--json', 'answer in JSON')
    .action(resolve);
}

async function resolve(kind: string, name: string, { json, server }: ResolveOptions): Promise<void> {
  const resolver = Object.hasOwn(RESOLVERS, kind) ? RESOLVERS[kind] : undefined;
  if (resolver === undefined || !NAME.test(name) || name.includes('..')) {
    throw new CliError(EXIT.usage, 'write `github OWNER/NAME` or `gitlab GROUP/PROJECT`');
  }
  const output = processOutput({ json: json ?? false });
  const url = `${server?.replace(/\/$/, '') ?? resolver.server}${resolver.path(name)}`;
  const { id, ownerId, name: found } = readAnswer(resolver, await ask(url));
  if (output.json) return output.writeJson({ kind, id, ownerId, name: found });
  const [about, pin, owner] =
    kind === 'github' ? ['repository', 'repositoryId', 'ownerId'] : ['project', 'projectId', 'groupId'];
  output.write(
    `  - name: ${printable(found).toLowerCase().replaceAll('/', '-').slice(0, 63)}\n    preset: ${kind}\n    ${about}: ${printable(found)}\n` +
      `    ${pin}: "${id}"     # ${owner}: "${ownerId}" for all of the owner's\n    branches: main\n    targets: []\n`,
  );
}

/** What answers on a server that is none of these has other members. */
function readAnswer({ read }: Resolver, answer: unknown): Resolved {
  try {
    return read(answer);
  } catch (cause) {
    throw new CliError(EXIT.unavailable, 'the server answered something else than a repository', { cause });
  }
}

async function ask(url: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/json', 'user-agent': 'chaperone' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (cause) {
    throw new CliError(EXIT.unavailable, `${printable(url)} cannot be asked`, { cause });
  }
  if (response.status === 404) {
    throw new CliError(EXIT.notFound, 'there is no such public repository', {
      hint: 'What is private is not shown to everybody: docs/reference/trust-rules.md says where its id stands.',
    });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new CliError(EXIT.unavailable, `${printable(url)} answered ${response.status}`);
  }
  try {
    return JSON.parse(await boundedText(response));
  } catch (cause) {
    throw new CliError(EXIT.unavailable, `${printable(url)} answered what cannot be read`, { cause });
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body, so an endless one stops here.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
