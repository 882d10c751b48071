/** The thread in which a gateway verifies its own directory: hashing everything would keep others waiting. */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyDirectory } from './verify-directory.ts';

const { directory } = workerData as { readonly directory: string };
const report = await verifyDirectory(directory);
parentPort?.postMessage(report, []);
