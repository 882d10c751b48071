import { fileURLToPath } from 'node:url';

/** `chaperone` as a command's name means this very program, wherever it was started from. */
export function ownCommandPath(command: string, args: readonly string[]): [command: string, args: readonly string[]] {
  if (command !== 'chaperone') return [command, args];
  return [process.execPath, [fileURLToPath(new URL('../main.ts', import.meta.url)), ...args]];
}
