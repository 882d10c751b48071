import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { memory } from './process-usage.ts';
import type { Way } from './proxies.ts';
import { openClient } from './raw-client.ts';

/** Bytes a connection, by the growth of the process in between from a quarter of them to all, while nothing else happens. */
export interface IdleMemory {
  readonly pss: number;
  readonly rss: number;
}

const AT_ONCE = 16;
const SETTLE_MS = 1_500;

/** `settle` lets a process give back what it has only not collected yet; it is asked before each look. */
export async function measureIdleConnections(
  way: Way & { readonly pid: number },
  connections: number,
  settle: () => Promise<void>,
): Promise<IdleMemory> {
  // What a process keeps from its first connections on is not the price of the next.
  const clients = await openAll(way, Math.ceil(connections / 4));
  try {
    const first = clients.length;
    await rest(settle);
    const before = await memory(way.pid);
    clients.push(...(await openAll(way, connections - first)));
    await rest(settle);
    const after = await memory(way.pid);
    const more = connections - first;
    return { pss: (after.pss - before.pss) / more, rss: (after.rss - before.rss) / more };
  } finally {
    await closeAll(clients);
  }
}

async function rest(settle: () => Promise<void>): Promise<void> {
  await delay(SETTLE_MS);
  await settle();
}

async function openAll(way: Way, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const batch = Math.min(AT_ONCE, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: batch }, () => openClient(way)))));
  }
  return clients;
}

async function closeAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()));
}
