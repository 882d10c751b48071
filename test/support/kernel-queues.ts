import { readFile } from 'node:fs/promises';

/** What the kernel holds of one TCP connection's one end, in bytes (proc(5), /proc/net/tcp). */
export interface KernelQueues {
  /** Written by the process and not yet acknowledged by the other end. */
  readonly unsent: number;
  /** Arrived and not yet read by the process. */
  readonly unread: number;
}

/** The queues of the end of a loopback connection that has these ports; zero where there is none. */
export async function kernelQueues(localPort: number, remotePort: number): Promise<KernelQueues> {
  const ends = `${hex(localPort)} ${hex(remotePort)}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  for (const line of lines) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    if (`${local.split(':')[1]} ${remote.split(':')[1]}` !== ends) continue;
    const [unsent = '0', unread = '0'] = queues.split(':');
    return { unsent: Number.parseInt(unsent, 16), unread: Number.parseInt(unread, 16) };
  }
  return { unsent: 0, unread: 0 };
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
