/** `chaperone` as a command's name means this very program, wherever it was started from. */
export function ownCommandPath(command: string, args: readonly string[]): [command: string, args: readonly string[]] {
  const [node, main] = process.argv;
  return command === 'chaperone' && node !== undefined && main !== undefined
    ? [node, [main, ...args]]
    : [command, args];
}
