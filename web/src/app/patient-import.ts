const RETRY_MS = 2_000;
const PROBE_MS = 5_000;

const listeners = new Set<() => void>();
let waiting = 0;

/**
 * Loads the code of a page. While the gateway cannot be reached it is tried again: the router would load the document
 * anew, and a browser without a network has none to show. Rejects as the load does where the gateway answers.
 */
export async function patientImport<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (await isReachable()) throw cause;
  }
  count(1);
  try {
    while (!(await isReachable())) await pause(RETRY_MS);
    return await load();
  } finally {
    count(-1);
  }
}

/** Whether a page waits for the gateway. */
export const waitingPages = {
  get: () => waiting > 0,
  listen: (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

function count(change: number): void {
  waiting += change;
  for (const listener of listeners) listener();
}

async function isReachable(): Promise<boolean> {
  try {
    await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch {
    // No answer at all is the answer.
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
