import { fstatSync } from 'node:fs';
import type { Secret } from '../../../model/secret.ts';
import { ciSystemOf } from './ci-system.ts';

/** Writes those commands to standard error, unless that is a file: the log of the CI system reads what is piped to it. */
export function hideInLog(env: NodeJS.ProcessEnv, secrets: readonly Secret[], say: (text: string) => void): void {
  const commands = maskCommands(
    env,
    secrets.map((secret) => secret.reveal()),
  );
  if (commands !== '' && !fstatSync(process.stderr.fd).isFile()) say(commands);
}

/**
 * Workflow commands that make the CI system's log hide these values, each a line; '' where it has none. Whoever writes
 * them must write to the log itself: in a file they would tell what they hide.
 */
export function maskCommands(env: NodeJS.ProcessEnv, values: readonly string[]): string {
  const prefix = PREFIXES[ciSystemOf(env)];
  if (prefix === undefined) return '';
  // A line feed would begin a command of the value's own; no secret of ours has one.
  return values
    .filter((value) => value !== '' && !/[\r\n]/.test(value))
    .map((value) => `${prefix}${value}\n`)
    .join('');
}

const PREFIXES: Readonly<Partial<Record<ReturnType<typeof ciSystemOf>, string>>> = {
  github: '::add-mask::',
  'azure-devops': '##vso[task.setsecret]',
};
