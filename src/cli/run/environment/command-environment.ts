import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalTarget, RunContext } from '../local-target.ts';
import { awsVariables } from './aws-variables.ts';
import { httpVariables } from './http-variables.ts';
import { type EnvironmentRules, type Inherited, inheritedVariables } from './inherited-variables.ts';
import { kubernetesVariables } from './kubernetes-variables.ts';
import { postgresVariables, type WriteFile } from './postgres-variables.ts';
import { sshVariables } from './ssh-variables.ts';
import { traceParent } from './trace-parent.ts';

export interface CommandEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly inherited: Inherited;
}

export interface EnvironmentRequest {
  readonly context: RunContext;
  readonly rules: EnvironmentRules;
  /** The caller's environment. */
  readonly base: NodeJS.ProcessEnv;
  readonly random: (bytes: number) => Uint8Array;
}

/** Each knows the variables of one protocol's clients. */
const PROTOCOLS: readonly ((
  context: RunContext,
  write: WriteFile,
  inherited: Readonly<Record<string, string>>,
) => Promise<Record<string, string>>)[] = [
  postgresVariables,
  httpVariables,
  awsVariables,
  kubernetesVariables,
  sshVariables,
];

/**
 * What a command that `run` starts gets to see: what of the caller's environment is allowed, what the clients of its
 * targets expect, and who it is. Files stand in the run's own folder, 0600.
 */
export async function commandEnvironment(request: EnvironmentRequest): Promise<CommandEnvironment> {
  const { context, rules, base, random } = request;
  const inherited = inheritedVariables(base, rules);
  const write: WriteFile = async (name, text) => {
    const path = join(context.directory, name);
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    return path;
  };
  const injected = await Promise.all(PROTOCOLS.map((variables) => variables(context, write, inherited.env)));
  const env = {
    ...inherited.env,
    ...Object.assign({}, ...injected),
    TRACEPARENT: traceParent(base['TRACEPARENT'], random),
    CHAPERONE_RUN_ID: context.runId,
    CHAPERONE_RUN_URL: context.runUrl,
    CHAPERONE_TARGETS: namesOf(context.targets),
    ...(context.requestable?.length ? { CHAPERONE_REQUESTABLE: namesOf(context.requestable) } : {}),
    CHAPERONE_URL: context.gatewayUrl,
  };
  return { env, inherited };
}

function namesOf(targets: readonly LocalTarget[]): string {
  return targets.map(({ name }) => name).join(' ');
}
