import { Command } from 'commander';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';

const VERSION = /^client\.authentication\.k8s\.io\/v1(?:beta1)?$/;

/**
 * Gives a client of Kubernetes what lets it in at the run's listener (Kubernetes, "client-go credential plugins"): it is
 * started by clients, as the run's kubeconfig says, and has it from the variable that is named.
 */
export function kubernetesCredentialCommand(): Command {
  return new Command('kubernetes-credential')
    .description('gives kubectl what lets it in at a listener of the run')
    .argument('<variable>', 'where the run keeps it')
    .action((variable: string) => {
      process.stdout.write(`${execCredential(variable, process.env)}\n`);
    });
}

/** An ExecCredential in the version that was asked for. Throws a `CliError`. */
export function execCredential(variable: string, env: NodeJS.ProcessEnv): string {
  const token = env[variable];
  if (token === undefined || !/^CHAPERONE_CLUSTER_\d+$/.test(variable)) {
    throw new CliError(EXIT.usage, `${printable(variable)} is not set: this kubeconfig is of a run of chaperone`, {
      hint: 'Start the client inside of `chaperone run --target CLUSTER -- …`, and let it have the variables CHAPERONE_*.',
    });
  }
  return JSON.stringify({ apiVersion: askedVersion(env), kind: 'ExecCredential', status: { token } });
}

function askedVersion(env: NodeJS.ProcessEnv): string {
  try {
    const info: unknown = JSON.parse(env['KUBERNETES_EXEC_INFO'] ?? '{}');
    const said = typeof info === 'object' && info !== null && 'apiVersion' in info ? info.apiVersion : undefined;
    if (typeof said === 'string' && VERSION.test(said)) return said;
  } catch {
    // A client that says nothing of the kind takes what the kubeconfig says.
  }
  return 'client.authentication.k8s.io/v1beta1';
}
