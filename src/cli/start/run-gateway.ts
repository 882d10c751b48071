import { processOutput } from '../output.ts';
import { announce } from './announce.ts';
import { listenForEnd } from './ending.ts';
import { faultLog } from './fault-log.ts';
import { type OpenApi, openGateway } from './open-gateway.ts';
import { readStartConfig, type StartOptions } from './start-config.ts';

export interface RunGatewayParts {
  readonly version: string;
  readonly openApi: OpenApi;
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
}

/** `chaperone start`: builds the gateway from its configuration, runs it until a signal, drains it, ends all of it. */
export async function runGateway(
  options: StartOptions & { readonly json?: boolean },
  { version, openApi, env, nowMs }: RunGatewayParts,
): Promise<void> {
  const config = readStartConfig(options, env);
  const onFault = faultLog(process.stderr, nowMs);
  using ending = listenForEnd(nowMs, () => process.exit(130));
  await using gateway = await openGateway(config, { version, openApi, env, nowMs, onFault });
  announce(gateway.started, env, processOutput({ json: options.json ?? false }));
  await ending.asked;
  await gateway.drain();
}
