import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts a new file where none is, 0600; false where there is one of somebody else's, which stays as it is. */
export async function placeFile(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isLeftOver(await readFile(path, 'utf8'))) return false;
    await rm(path, { force: true });
    return placeFile(path, text);
  }
}

/** Our own, of a run that is over although it could not tidy up: the notes that it names are gone. */
function isLeftOver(text: string): boolean {
  const [, notes] = /'agent-hook' '--to' '([^']+)'/.exec(text) ?? [];
  return notes !== undefined && !existsSync(notes);
}

/** Takes a file away that was placed, unless somebody has changed it since; its folder too, where it is left empty. */
export async function unplaceFile(path: string, text: string): Promise<void> {
  try {
    const found = await lstat(path);
    if (!found.isFile() || found.size !== Buffer.byteLength(text) || (await readFile(path, 'utf8')) !== text) return;
    await rm(path);
    await rmdir(dirname(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Taken away already; or others have files in that folder.
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  }
}
