import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';

/** How far a command is kept from the rest of the machine; docs/operating/isolation.md says what each can promise. */
export type IsolationLevel = 'none' | 'user' | 'network';

const LEVELS: readonly IsolationLevel[] = ['none', 'user', 'network'];

/** `--isolate` alone means all of it. Throws a `CliError`. */
export function isolationLevel(option: string | boolean | undefined): IsolationLevel {
  if (option === undefined || option === false) return 'none';
  if (option === true) return 'network';
  const level = LEVELS.find((known) => known === option);
  if (level === undefined) {
    throw new CliError(EXIT.usage, `--isolate takes ${LEVELS.join(', ')}, and not ${printable(option)}`);
  }
  return level;
}

/** `--allow-host`: a name and a port, 443 where none is said. Throws a `CliError`. */
export function allowedHost(option: string): string {
  const [, name, port = '443'] = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?$/i.exec(option) ?? [];
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new CliError(EXIT.usage, `--allow-host takes NAME or NAME:PORT, and not ${printable(option)}`);
  }
  return `${name.toLowerCase()}:${Number(port)}`;
}
