import { Fault } from '../../model/fault.ts';

/** Tells a disk that refuses, which may be tried again, from one that lost what it had taken, which may not. */
export class DiskGuard {
  #broken: Fault | undefined;

  /**
   * Runs what writes or syncs; what fails throws `log-unavailable`. After a sync failed everything does: the kernel
   * forgets what it could not write, so nothing more may be signed before a restart and a recovery.
   */
  attempt(action: () => void): void {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      action();
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      const fault = new Fault('log-unavailable', `the audit log cannot be written: ${String(cause)}`, { cause });
      if ((cause as NodeJS.ErrnoException).syscall?.includes('sync') === true) this.#broken = fault;
      throw fault;
    }
  }
}
