import type { Operation } from '../model/request.ts';
import type { FileAction, FileUse, RefUpdate, SshFacts } from '../model/ssh.ts';
import { fileSession } from '../protocols/ssh/files/file-operation.ts';
import { readGitCommand } from '../protocols/ssh/git/git-command.ts';
import { gitRequest } from '../protocols/ssh/git/git-request.ts';
import { readRsyncCommand, rsyncOperations } from '../protocols/ssh/rsync/rsync-command.ts';
import { readScpCommand } from '../protocols/ssh/scp/scp-command.ts';
import { analyseCommandLine } from '../shell/analyse-command-line.ts';
import { programOperations } from '../shell/program-operations.ts';
import type { CaseFileUse } from './case-schema.ts';

const FILE = /^sftp> ([a-z]+) (.+)$/;

/** A file of a case as the text that `askedHost` reads. */
export function fileText({ action, path }: CaseFileUse): string {
  return `sftp> ${action} ${path}`;
}

/** What the gateway would find in a command line, or in what is done to a file (`sftp> read /etc/hosts`; `sftp>` opens the session). */
export function askedHost(text: string, user: string): readonly Operation[] {
  if (text === 'sftp>') return [{ ...PLAIN, kind: 'sftp', access: 'session', ssh: { channel: 'files', user } }];
  const [, action, path] = FILE.exec(text) ?? [];
  if (action === undefined || path === undefined || !isAction(action)) return askedOperations(text, user);
  const access = READING.has(action) ? 'read' : 'write';
  return [
    { ...PLAIN, kind: `file-${action}`, access, ssh: { channel: 'files', user, files: [{ path, use: action }] } },
  ];
}

/**
 * What a rule sees of a request on record to an SSH host: its line says what is done, its text to what. Undefined where
 * the two do not go together.
 */
export function recordedHost(operations: readonly Operation[], text: string): readonly Operation[] | undefined {
  const [first] = operations;
  if (first?.ssh === undefined) return undefined;
  if (operations.every(({ ssh }) => ssh?.channel === 'exec')) return commandOperations(text, first.ssh.user);
  if (operations.some(({ flags }) => flags.includes('rsync'))) return recordedRsync(operations, text, first.ssh.user);
  const lines = text.split('\n').flatMap((line) => refOf(line) ?? []);
  const rebuilt = operations.map((operation, index) => rebuild(operation, { text, ref: lines[index] }));
  return rebuilt.every((one) => one !== undefined) ? rebuilt : undefined;
}

/** The text of rsync is its command, from which the same operations must come again. */
function recordedRsync(operations: readonly Operation[], text: string, user: string): readonly Operation[] | undefined {
  const command = readRsyncCommand(Buffer.from(text));
  const found = command === undefined ? [] : rsyncOperations(command, user);
  const isSame = found.length === operations.length && found.every(({ kind }, at) => kind === operations[at]?.kind);
  return isSame ? found : undefined;
}

/** As it stands in a line of the log. */
type Packed = Omit<SshFacts, 'files' | 'refs'> & {
  readonly uses?: readonly FileUse['use'][];
  readonly refs?: readonly RefUpdate['action'][];
};

function rebuild(operation: Operation, at: { readonly text: string; readonly ref: RefUpdate | undefined }) {
  const { uses, refs, ...facts } = operation.ssh as unknown as Packed;
  const quoted = [...at.text.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([one]) => JSON.parse(one) as string);
  switch (facts.channel) {
    case 'files': {
      if (uses === undefined) return { ...operation, ssh: facts };
      // A file that is both read and written is named once, also where it is a link's.
      const each = uses.length / quoted.length;
      if (uses.length > 0 && !Number.isInteger(each)) return undefined;
      const below = /^\w+ folder "/.test(at.text) ? { recursive: true as const } : {};
      const files = uses.map(
        (use, index): FileUse => ({ path: quoted[Math.floor(index / each)] ?? '', use, ...below }),
      );
      return { ...operation, ssh: { ...facts, files } };
    }
    case 'git': {
      const [repository] = quoted;
      if (repository === undefined || (refs !== undefined && at.ref === undefined)) return undefined;
      const own = refs === undefined || at.ref === undefined ? {} : { refs: [at.ref] };
      return { ...operation, ssh: { ...facts, repository, ...own } };
    }
    case 'forward':
    case 'listen': {
      const [, host, port] = / (\S+):(\d{1,5})(?: of the host)?\)$/.exec(at.text) ?? [];
      if (host === undefined) return undefined;
      return { ...operation, ssh: { ...facts, host: host.replace(/^\[|\]$/g, ''), port: Number(port) } };
    }
    case 'exec':
    case 'shell':
      return { ...operation, ssh: facts };
    default:
      return facts.channel satisfies never;
  }
}

/** `update refs/heads/main FROM to TO`, as pushes stand on record. */
function refOf(line: string): RefUpdate | undefined {
  const [, changed, name = '', deleted = ''] = /^(?:(create|update) (\S+) |delete (.+), which is at )/.exec(line) ?? [];
  if (deleted !== '') return { action: 'delete', name: deleted, from: '', to: '' };
  return changed === 'create' || changed === 'update' ? { action: changed, name, from: '', to: '' } : undefined;
}

/** A command as the gateway takes it: what carries files or what git stores is read by its own words. */
function askedOperations(text: string, user: string): readonly Operation[] {
  const command = Buffer.from(text);
  const rsync = readRsyncCommand(command);
  if (rsync !== undefined) return rsyncOperations(rsync, user);
  const git = readGitCommand(command);
  if (git !== undefined) return gitRequest(git, user).operations;
  return readScpCommand(command) === undefined ? commandOperations(text, user) : [fileSession('scp', user)];
}

function commandOperations(text: string, user: string): readonly Operation[] {
  return programOperations(analyseCommandLine(text), (facts) => ({
    kind: 'exec',
    ssh: { channel: 'exec', user, ...facts },
  }));
}

const READING: ReadonlySet<FileAction> = new Set(['read', 'list', 'stat']);
const PLAIN = { tables: [], functions: [], hasWhere: true, flags: [] } as const;

const ACTIONS: ReadonlySet<string> = new Set(
  'read write append create remove rename list stat attributes link directory execute'.split(' '),
);

function isAction(text: string): text is FileAction {
  return ACTIONS.has(text);
}
