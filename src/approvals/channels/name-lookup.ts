import { lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { LIMITS } from '../../model/limits.ts';

export interface FoundAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A resolver with the bounds of channels, which asks the machine's own name servers. */
export function channelResolver(): Resolver {
  return new Resolver({ timeout: LIMITS.channelLookupMs, tries: 2 });
}

/**
 * The addresses of a name. Name servers are asked without a thread: a thread that waits for one could be one that the
 * log needs. The system's own way (the hosts file, search domains) comes after, for names that they do not know.
 */
export async function addressesOf(name: string, resolver: Resolver): Promise<readonly FoundAddress[]> {
  if (/(?:^|\.)localhost$/i.test(name)) return systemAddresses(name);
  const asked = await Promise.allSettled([
    resolver.resolve4(name).then(ofFamily(4)),
    resolver.resolve6(name).then(ofFamily(6)),
  ]);
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  const failed = asked.find((answer) => answer.status === 'rejected' && !isUnknown(answer.reason));
  if (failed?.status === 'rejected') throw failed.reason;
  return systemAddresses(name);
}

function ofFamily(family: FoundAddress['family']) {
  return (addresses: readonly string[]): readonly FoundAddress[] => addresses.map((address) => ({ address, family }));
}

/** No such name, or no address of that family. */
function isUnknown(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && (reason.code === 'ENOTFOUND' || reason.code === 'ENODATA');
}

function systemAddresses(name: string): Promise<readonly FoundAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
    });
  });
}
