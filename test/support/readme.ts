import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-tree.ts';

/** The commands that the README says to type, and what it says they print. */
export interface Transcript {
  readonly commands: string;
  readonly output: string;
}

/** Reads the two fenced blocks that follow the README's `transcript` comments. */
export function readTranscript(): Transcript {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return { commands: blockAfter(text, 'commands'), output: blockAfter(text, 'output') };
}

function blockAfter(text: string, name: string): string {
  const block = new RegExp(`<!-- transcript: ${name} -->\n\`\`\`[a-z]*\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (block === undefined) throw new Error(`README.md has no block "transcript: ${name}"`);
  return block;
}
