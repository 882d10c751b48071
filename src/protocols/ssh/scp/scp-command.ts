import { constantWords } from '../files/constant-words.ts';
import { plainPath } from '../files/file-operation.ts';

/** What scp runs at a host to carry files by its own protocol: `scp -t` takes them there, `scp -f` sends them. */
export interface ScpCommand {
  readonly direction: 'to-host' | 'from-host';
  /** As they were named, without `.` and `//`; one where files go to the host. */
  readonly paths: readonly string[];
  readonly recursive: boolean;
  /** What is named is a folder, and files go into it. */
  readonly intoFolder: boolean;
}

/** The command as one of scp's; undefined where it is another, or is said in another way than scp's clients do. */
export function readScpCommand(command: Buffer): ScpCommand | undefined {
  const [program, ...words] = constantWords(command.toString('utf8')) ?? [];
  if (program !== 'scp' && program !== '/usr/bin/scp') return undefined;
  const options = new Set<string>();
  let at = 0;
  for (; words[at]?.startsWith('-') && words[at] !== '--'; at++) {
    for (const letter of words[at]?.slice(1) ?? '') options.add(letter);
  }
  const named = words.slice(words[at] === '--' ? at + 1 : at);
  const paths = named.map(plainPath);
  const isKnown = [...options].every((letter) => KNOWN.has(letter));
  if (!isKnown || options.has('t') === options.has('f') || paths.length === 0) return undefined;
  if (options.has('t') && paths.length !== 1) return undefined;
  if (!paths.every((path) => path !== undefined)) return undefined;
  const intoFolder = options.has('d') || paths[0] === '.' || (named[0]?.endsWith('/') ?? false);
  return { direction: options.has('t') ? 'to-host' : 'from-host', paths, recursive: options.has('r'), intoFolder };
}

/** `v`, `q`: how much is said; `p`: times are kept. */
const KNOWN: ReadonlySet<string> = new Set(['t', 'f', 'r', 'd', 'p', 'v', 'q']);
