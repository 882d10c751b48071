/** The thread that `survey-thread.ts` starts: a long session is read beside the gateway, not in its way. */
import { parentPort, workerData } from 'node:worker_threads';
import { surveySession } from './survey-session.ts';

const { path, root } = workerData as { readonly path: string; readonly root: boolean };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(await surveySession(path, { root }));
