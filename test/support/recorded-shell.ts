import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that truly ran, and its words. */
export interface RecordedRun {
  readonly program: string;
  readonly words: readonly string[];
}

/**
 * Shells in which every program but a few that start others only writes down its words. Lines run in an empty folder of
 * their own, with no other program in the path; a line that names paths must not be given to it.
 */
export class RecordedShell implements AsyncDisposable {
  readonly #folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(recorded: readonly string[], real: Readonly<Record<string, string>>): Promise<RecordedShell> {
    const folder = await mkdtemp(join(tmpdir(), 'recorded-shell-'));
    const bin = join(folder, 'bin');
    await mkdir(bin);
    // Each run is one write: how many words, the name, the words; each with a NUL behind it.
    const text = `#!/bin/dash\nprintf '%s\\000' "$#" "\${0##*/}" "$@" >> "$RECORD"\n`;
    await writeFile(join(bin, '.recorder'), text);
    await chmod(join(bin, '.recorder'), 0o755);
    for (const name of recorded) await symlink('.recorder', join(bin, name));
    for (const [name, path] of Object.entries(real)) await symlink(path, join(bin, name));
    return new RecordedShell(folder);
  }

  /** Ends what hangs after a time that no line of ours needs. */
  async run(shell: string, line: string): Promise<readonly RecordedRun[]> {
    const own = join(this.#folder, `run-${this.#count++}`);
    const record = join(this.#folder, `record-${this.#count++}`);
    await mkdir(own);
    await writeFile(record, '');
    const child = spawn(shell, ['-c', line], {
      cwd: own,
      env: { PATH: join(this.#folder, 'bin'), HOME: own, RECORD: record },
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
    });
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), 20_000);
    try {
      await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
    } finally {
      clearTimeout(timer);
    }
    return runsOf((await readFile(record, 'utf8')).split('\0'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function runsOf(fields: readonly string[]): readonly RecordedRun[] {
  const runs: RecordedRun[] = [];
  for (let at = 0; at + 1 < fields.length; ) {
    const count = Number(fields[at]);
    runs.push({ program: fields[at + 1] ?? '', words: fields.slice(at + 2, at + 2 + count) });
    at += 2 + count;
  }
  return runs;
}
