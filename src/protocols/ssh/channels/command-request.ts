import type { Refusal } from '../../../model/refusal.ts';
import type { Body, Operation, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import { analyseCommandLine } from '../../../shell/analyse-command-line.ts';
import { programOperations } from '../../../shell/program-operations.ts';
import { isComputed, isHarmless } from '../../../shell/variables.ts';
import type { Asked } from './asked.ts';

/** A command, or a shell: one request, decided by all that the command runs. */
export class CommandRequest implements Request {
  readonly operations: readonly Operation[];
  declare readonly unsupported?: Refusal;
  readonly #asked: Asked;
  readonly #user: string;

  constructor(asked: Asked, user: string, unsupported?: Refusal) {
    this.#asked = asked;
    this.#user = user;
    this.operations = operationsOf(asked, user);
    if (unsupported !== undefined) this.unsupported = unsupported;
  }

  body(): Body {
    const { kind, command } = this.#asked;
    return { media: SSH_MEDIA, bytes: kind === 'shell' ? Buffer.from('(a shell)') : command };
  }

  /** A terminal and variables make another command of the same text. */
  context(): Readonly<Record<string, string>> {
    const { kind, terminal, environment } = this.#asked;
    const variables = environment.map(({ name, value }) => `${name}=${value}`).join('\n');
    return {
      login: this.#user,
      channel: kind,
      ...(terminal === undefined ? {} : { terminal: terminal.term }),
      ...(variables === '' ? {} : { environment: variables }),
    };
  }
}

/** What goes through a terminal cannot be decided command by command: whoever has one may type anything. */
function operationsOf({ kind, command, terminal, environment }: Asked, user: string): readonly Operation[] {
  if (kind === 'exec' && terminal === undefined) {
    const line = analyseCommandLine(command.toString('utf8'));
    const given = environment.map(({ name }) => name);
    const isMinded = environment.some(({ name, value }) => !isHarmless(name) || isComputed(name, value));
    const operations = programOperations(line, (facts) => {
      // What the client sets beside the line, which the target's own list allows.
      const all = [...new Set([...given, ...(facts.environment ?? [])])];
      const set = all.length === 0 ? {} : { environment: all };
      const doubt = isMinded ? { filesUnknown: true as const } : {};
      return { kind: 'exec', ssh: { channel: 'exec', user, ...facts, ...set, ...doubt } };
    });
    // As where the line itself sets it.
    return isMinded ? operations.map((one) => ({ reason: MINDED, ...one, access: 'unknown' })) : operations;
  }
  const shell = { kind: 'shell', access: 'admin', ssh: { channel: 'shell', user, filesUnknown: true } } as const;
  return [{ ...shell, tables: [], functions: [], hasWhere: true, flags: kind === 'exec' ? ['terminal-command'] : [] }];
}

const MINDED = 'a variable is set that programs or the shell may mind';
