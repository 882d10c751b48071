import { delimiter } from 'node:path';
import { addressOf, type LocalTarget, type RunContext, reachableTargets } from '../local-target.ts';
import type { WriteFile } from './postgres-variables.ts';

/** What Debian 12's kubectl (1.20) knows as well; newer ones take it still. */
const EXEC_VERSION = 'client.authentication.k8s.io/v1beta1';

/**
 * What clients of Kubernetes expect: a kubeconfig with a context for each cluster, the first one's of the grant current; those
 * that people may give it have to be named. No token stands in it: clients ask this very program for one, which has it from a
 * variable that has no name that agents take from their tools.
 */
export async function kubernetesVariables(
  context: RunContext,
  write: WriteFile,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const clusters = reachableTargets(context).filter(({ protocol }) => protocol === 'kubernetes');
  if (clusters.length === 0) return {};
  const first = context.targets.find(({ protocol }) => protocol === 'kubernetes');
  const named = clusters.map((target, index) => ({ target, variable: `CHAPERONE_CLUSTER_${index}` }));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    clusters: clusters.map((target) => ({ name: target.name, cluster: clusterOf(target, context) })),
    users: named.map(({ target, variable }) => ({ name: target.name, user: { exec: pluginOf(variable) } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    ...(first === undefined ? {} : { 'current-context': first.name }),
  };
  const file = await write('kubeconfig', `${JSON.stringify(config, undefined, 2)}\n`);
  // What a command was let have of its own comes first until the run has a cluster; clients read both.
  const before = first === undefined ? (inherited['KUBECONFIG'] ?? '') : '';
  return {
    KUBECONFIG: before === '' ? file : `${before}${delimiter}${file}`,
    ...Object.fromEntries(
      named.map(({ target, variable }) => [variable, `${target.user}.${target.password.reveal()}`]),
    ),
  };
}

function clusterOf(target: LocalTarget, { certificateAuthority }: RunContext): object {
  const authority = target.certificate ?? certificateAuthority;
  return {
    server: addressOf(target).href.replace(/\/$/, ''),
    ...(authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
  };
}

function pluginOf(variable: string): object {
  const [node = process.execPath, main = ''] = process.argv;
  return {
    apiVersion: EXEC_VERSION,
    command: node,
    args: [main, 'kubernetes-credential', variable],
    interactiveMode: 'Never',
    provideClusterInfo: false,
  };
}
