import type { ApiClient } from '../api-client.ts';
import { printable } from '../printable.ts';
import { type LentGrant, renewGrant } from './grant-request.ts';

const RENEWAL_RETRY_SECONDS = 15;

/** Renews the grant while the command runs, when a third of its life is left. A failure is told once, until it works. */
export function keepRenewed(api: ApiClient, grant: LentGrant, warn: (sentence: string) => void): Disposable {
  let timer: NodeJS.Timeout;
  let failing = false;
  const renewIn = (seconds: number): void => {
    timer = setTimeout(() => void renew().then(renewIn), seconds * 1000).unref();
  };
  const renew = async (): Promise<number> => {
    try {
      const seconds = await renewGrant(api, grant);
      failing = false;
      return (seconds * 2) / 3;
    } catch (error) {
      if (!failing) warn(`the grant cannot be renewed: ${printable((error as Error).message)}`);
      failing = true;
      return RENEWAL_RETRY_SECONDS;
    }
  };
  renewIn((grant.expiresInSeconds * 2) / 3);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
