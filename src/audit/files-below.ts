import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All files in a directory and its folders, in the order of their names; none where it does not exist, or no longer. */
export function filesBelow(directory: string): string[] {
  const files: string[] = [];
  for (const entry of entriesOf(directory).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(path));
    else files.push(path);
  }
  return files;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}
