import { existsSync, readFileSync } from 'node:fs';

/** Marks that container engines leave, and the control group of process 1 where they leave none. */
const MARKS = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io'];

/** True where this process seems to run in a container. */
export function inContainer(env: NodeJS.ProcessEnv): boolean {
  if (MARKS.some((path) => existsSync(path)) || (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return true;
  return /docker|containerd|kubepods|libpod|lxc/.test(text('/proc/1/cgroup'));
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not this kind of machine: then it says nothing.
    return '';
  }
}
