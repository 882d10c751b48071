/** Verifies a directory in a thread of its own, beside a gateway that goes on. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../model/fault.ts';
import type { VerifyReport } from './verify-report.ts';

/** Rejects with a `Fault` where the thread breaks; what it finds wrong is in the report. */
export function verifyInThread(directory: string): Promise<VerifyReport> {
  // The built package holds `.js` beside this module, the source tree `.ts`.
  const path = new URL(`./verify-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(path, { workerData: { directory }, name: 'audit-verify' });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => reject(new Fault('internal', 'the verification broke', { cause })));
    worker.once('exit', () => reject(new Fault('internal', 'the verification ended without a report')));
  });
}
