import { constantWords } from '../files/constant-words.ts';
import { plainPath } from '../files/file-operation.ts';

/** What a client of git asks a host to run (gitprotocol-pack, "SSH Transport"). */
export interface GitCommand {
  readonly service: GitService;
  /** As it was named, without `.` and `//`. */
  readonly repository: string;
}

export type GitService = 'upload-pack' | 'receive-pack' | 'upload-archive';

/** The command as one of git's transfers; undefined where it is another, or is said in another way than git's clients do. */
export function readGitCommand(command: Buffer): GitCommand | undefined {
  const words = constantWords(command.toString('utf8'));
  if (words === undefined) return undefined;
  const [program = '', ...rest] = words;
  const [name, ...operands] = program === 'git' ? [`git-${rest[0]}`, ...rest.slice(1)] : [program, ...rest];
  const service = SERVICES.get(name);
  const [repository] = operands;
  if (service === undefined || operands.length !== 1 || repository === undefined || repository === '') return undefined;
  if (repository.startsWith('-')) return undefined;
  const plain = plainPath(repository);
  return plain === undefined ? undefined : { service, repository: plain };
}

const SERVICES: ReadonlyMap<string, GitService> = new Map([
  ['git-upload-pack', 'upload-pack'],
  ['git-receive-pack', 'receive-pack'],
  ['git-upload-archive', 'upload-archive'],
]);
