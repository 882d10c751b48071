import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../trials/read-cases.ts';
import { readYamlFiles } from '../apply.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';

/** The files of this machine, for cases to name. */
export const LOCAL_FILES: Files = {
  yaml: (path) => readYamlFiles([path]),
  text: (path) => readFileSync(path, 'utf8'),
};

/** The files of cases that these paths mean: a folder's `*.test.yaml` in order of name, and a file itself. */
export function findCaseFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [casesOf(path)];
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isCaseFile);
      return names
        .filter((name) => !name.split('/').includes('node_modules'))
        .toSorted()
        .map((name) => join(path, name));
    } catch (cause) {
      throw new CliError(EXIT.config, `${printable(path)} cannot be read: ${(cause as Error).message}`, { cause });
    }
  });
}

function isCaseFile(name: string): boolean {
  return /\.test\.ya?ml$/.test(name);
}

/** Policies are named by their cases, too. */
function casesOf(path: string): string {
  return isCaseFile(path) ? path : path.replace(/\.(ya?ml)$/, '.test.$1');
}
