import { CliError, EXIT } from '../cli-error.ts';
import type { Address } from './start-config.ts';

const MOST_ATTEMPTS = 100;

export interface Listening<Server> {
  readonly server: Server;
  /** The port that was wanted, where it was taken and the next free one was used. */
  readonly movedFrom?: number;
}

/**
 * Listens at the address; where its port is taken and `mayMove`, at the next free one. Throws a `CliError` that names
 * the port otherwise.
 */
export async function listenFrom<Server>(
  address: Address,
  mayMove: boolean,
  what: string,
  listen: (address: Address) => Promise<Server>,
): Promise<Listening<Server>> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    try {
      const server = await listen({ host: address.host, port: address.port === 0 ? 0 : address.port + attempt });
      return attempt === 0 ? { server } : { server, movedFrom: address.port };
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && mayMove) continue;
      const taken = code === 'EADDRINUSE' ? 'it is taken' : (cause as Error).message;
      throw new CliError(EXIT.unavailable, `${what} cannot listen on ${address.host}:${address.port}: ${taken}`, {
        cause,
      });
    }
  }
  throw new CliError(EXIT.unavailable, `${what} found no free port from ${address.port} on`);
}
