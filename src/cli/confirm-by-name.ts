import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from './cli-error.ts';
import type { Output } from './output.ts';

/** Asks at the terminal for the name of what is to go. Throws a `CliError` where nobody is there, or types another. */
export async function confirmByName(question: string, name: string, output: Output): Promise<void> {
  if (!process.stdin.isTTY || output.json) {
    throw new CliError(EXIT.usage, 'nobody is there to ask', { hint: 'Where it is meant, run it again with --yes.' });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} Type its id to go on: `);
  terminal.close();
  if (answer.trim() !== name) throw new CliError(EXIT.refused, 'nothing was erased');
}
