/** Runs as `chaperone run` opens them, in this process, at a gateway of `startApi`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ApiClient } from '../../src/cli/api-client.ts';
import { type OpenRun, openRun } from '../../src/cli/run/open-run.ts';
import type { TestApi } from './api.ts';

export interface CarriedRun extends OpenRun {
  /** What the wrapper said to whoever watches. */
  readonly said: readonly string[];
  /** A client at the listener of the first target. */
  connect(password?: string): Promise<Client>;
}

export function apiClient(api: TestApi): ApiClient {
  return ApiClient.find({ url: api.url }, { CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt') });
}

export async function openCarriedRun(
  api: TestApi,
  options: {
    readonly direct?: boolean;
    readonly selfTest?: boolean;
    readonly asserted?: Readonly<Record<string, string>>;
    readonly targets?: readonly string[];
    /** How the gateway is reached; at its own address where absent. */
    readonly client?: ApiClient;
  } = {},
): Promise<CarriedRun> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-token-'));
  try {
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, await api.ciToken());
    const said: string[] = [];
    const run = await openRun({
      api: options.client ?? apiClient(api),
      targets: options.targets ?? ['people'],
      tokenFile,
      direct: options.direct ?? false,
      selfTest: options.selfTest ?? true,
      asserted: () => options.asserted ?? {},
      env: {},
      say: (text) => void said.push(text),
      warn: (text) => void said.push(text),
    });
    const [target] = run.context.targets;
    if (target === undefined) throw new Error('the run has no target');
    return {
      ...run,
      said,
      async connect(password = target.password.reveal()) {
        const { host, port, user, database } = target;
        const client = new Client({ host, port, user, password, database });
        client.on('error', () => undefined);
        await client.connect();
        return client;
      },
      [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
