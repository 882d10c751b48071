import type { CiTokenSource } from './ci/find-ci-token.ts';
import type { Inherited } from './environment/inherited-variables.ts';
import { forgetVariables, mintingAncestors } from './environment/process-environ.ts';
import type { IsolationMeans } from './isolation/check-isolation.ts';
import type { RunCoverage } from './isolation/coverage.ts';
import { inContainer } from './isolation/machine.ts';

export interface CoverageRequest {
  readonly means: IsolationMeans | undefined;
  /** `name:port` of `--allow-host`. */
  readonly hosts: readonly string[];
  readonly inherited: Inherited;
  /** The wrapper's own environment, as it was given. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the token of this run came from. */
  readonly source: CiTokenSource;
}

/** Sources that ask for nothing that can be taken away: a socket, a file, a service of the machine. */
const OPEN_TO_ALL: ReadonlySet<CiTokenSource> = new Set([
  'file',
  'variable-file',
  'kubernetes',
  'cursor',
  'spiffe',
  'google',
  'aws',
  'login',
]);

/**
 * Takes what mints tokens out of this process, and says what a command could still do besides what goes through the
 * gateway. To be called once the token of this run is there, and before there is a command.
 */
export function coverRun({ means, hosts, inherited, env, source }: CoverageRequest): RunCoverage {
  // What is kept from the command must not stand in procfs either: what mints tokens, and all else that it is not given.
  const isForgotten = forgetVariables(inherited.withheld) || inherited.minting.length === 0;
  const isEnclosed = means?.level === 'network';
  return {
    isolation: means?.level ?? (inContainer(env) ? 'container' : 'none'),
    egress: isEnclosed ? 'enforced' : 'advisory',
    hosts,
    environment: inherited.mode,
    minting: minting(isForgotten, means, source),
  };
}

function minting(
  isForgotten: boolean,
  means: IsolationMeans | undefined,
  source: CiTokenSource,
): RunCoverage['minting'] {
  if (means?.level !== 'network' && OPEN_TO_ALL.has(source)) return { source };
  // From a user namespace of its own the command can look into no process outside (ptrace(2), access mode checks).
  if (means !== undefined) return 'hidden';
  if (!isForgotten) return 'own';
  const ancestors = mintingAncestors().length;
  return ancestors === 0 ? 'hidden' : { ancestors };
}
