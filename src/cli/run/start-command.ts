import { ownCommandPath } from '../own-command.ts';
import { type ChildOptions, runChild } from './child.ts';
import type { IsolationMeans } from './isolation/check-isolation.ts';
import { isolateCommand } from './isolation/isolate-command.ts';
import { type RunContext, reachableTargets } from './local-target.ts';

export interface StartRequest extends Omit<ChildOptions, 'env' | 'signal'> {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly context: RunContext;
  /** How the command is kept from the rest of the machine; undefined where it is not. */
  readonly means: IsolationMeans | undefined;
  readonly hosts: readonly string[];
  /** Files that the command must not find. */
  readonly hidden: readonly string[];
  readonly onFault: (fault: Error) => void;
}

/** Runs the command, isolated where that was asked for; resolves with its exit status. Throws a `CliError`. */
export async function startCommand(request: StartRequest): Promise<number> {
  const { context, means, hosts, hidden, env, onFault } = request;
  const [command, args] = ownCommandPath(request.program, request.args);
  if (means === undefined) return await runChild(command, args, request);
  const { directory, mcp, proxy } = context;
  const targets = [...reachableTargets(context), ...(mcp === undefined ? [] : [mcp])];
  const [node = '', main = ''] = process.argv;
  const program = [node, main] as const;
  const isolated = { means, directory, targets, proxy, hosts, hidden, command, args, env, program, onFault };
  await using started = await isolateCommand(isolated);
  const signal = (name: NodeJS.Signals): boolean => started.signal(name);
  return await runChild(started.command, started.args, { ...request, env: started.env, signal });
}
