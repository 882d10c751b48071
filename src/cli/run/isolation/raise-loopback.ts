import { mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../../cli-error.ts';
import { askProgram } from '../ci/ask-program.ts';

const WITHIN_MS = 10_000;
/** IFF_UP and IFF_LOOPBACK of netdevice(7). */
const UP_LOOPBACK = '0x9';

/** Brings 127.0.0.1 up in a network namespace that is new: by iproute2, else by the kernel's own file. */
export async function raiseLoopback(): Promise<void> {
  const run = (command: string, args: readonly string[]) =>
    askProgram({
      command,
      args,
      env: process.env,
      withinMs: WITHIN_MS,
      maxBytes: 4096,
      signal: AbortSignal.timeout(WITHIN_MS),
    });
  try {
    await run('ip', ['link', 'set', 'lo', 'up']);
  } catch (first) {
    // Small images have no iproute2. A sysfs of this namespace shows its own devices.
    try {
      const folder = await mkdtemp(join(tmpdir(), 'chaperone-sys-'));
      await run('mount', ['-n', '-t', 'sysfs', 'sysfs', folder]);
      await writeFile(join(folder, 'class/net/lo/flags'), UP_LOOPBACK);
      await run('umount', ['-n', folder]);
      await rmdir(folder);
    } catch (cause) {
      throw new CliError(
        EXIT.unavailable,
        `--isolate: the loopback device cannot be brought up: ${(cause as Error).message}`,
        {
          cause: first,
          hint: 'Install iproute2. Nothing was started.',
        },
      );
    }
  }
}
