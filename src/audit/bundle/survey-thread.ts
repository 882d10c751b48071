/** Surveys sessions beside a gateway that goes on: a short one here, a long one in a thread of its own. */
import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../model/fault.ts';
import { type SessionSurvey, surveySession } from './survey-session.ts';

/** A file beyond this is worth a thread. */
const THREAD_BYTES = 1024 * 1024;

/** Rejects with a `Fault` where the thread breaks. */
export async function surveyBeside(
  path: string,
  options: { readonly root: boolean; readonly threadBytes?: number },
): Promise<SessionSurvey> {
  const { root, threadBytes = THREAD_BYTES } = options;
  if (statSync(path).size <= threadBytes) return await surveySession(path, { root });
  // The built package holds `.js` beside this module, the source tree `.ts`.
  const script = new URL(`./survey-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData: { path, root }, name: 'evidence-survey' });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (cause) => reject(new Fault('internal', `the survey of ${path} broke`, { cause })));
    worker.once('exit', () => reject(new Fault('internal', `the survey of ${path} ended without a result`)));
  });
}
