/**
 * What a run's wrapper observed of the way round the gateway. It is said by the client, so it stands in the record as
 * asserted; a verifier believes it as far as the wrapper.
 */
export interface RunCoverage {
  /**
   * `network`: a network, process list and user namespace of its own, whose only way out are the run's listeners;
   * `user`: a user namespace of its own; `container`: nothing of these, but the wrapper itself runs in a container;
   * `none`: the same user on the same machine as the CI system's own processes.
   */
  readonly isolation: 'network' | 'user' | 'container' | 'none';
  /** `enforced` under `network` alone. */
  readonly egress: 'enforced' | 'advisory';
  /** Hosts that were let through beside the listeners: `--allow-host`. */
  readonly hosts: readonly string[];
  readonly environment: 'allow-list' | 'inherited';
  /**
   * Where what mints tokens can still be had by the command: in the wrapper's own environment, in that of so many
   * processes above it, or from a source that answers whoever asks on this machine.
   */
  readonly minting: 'hidden' | 'own' | { readonly ancestors: number } | { readonly source: string };
}

/** Labels of the token exchange, by which all of it gets into the record. */
export function coverageLabels(coverage: RunCoverage): Readonly<Record<string, string>> {
  const { isolation, egress, hosts, environment } = coverage;
  return {
    isolation,
    egress,
    environment,
    minting: mintingLabel(coverage),
    ...(hosts.length === 0 ? {} : { 'egress.hosts': hosts.join(' ') }),
  };
}

function mintingLabel({ minting }: RunCoverage): string {
  if (typeof minting === 'string') return minting;
  return 'source' in minting ? `source:${minting.source}` : `ancestors:${minting.ancestors}`;
}

/** One line that claims no more than was seen. */
export function coverageLine(coverage: RunCoverage): string {
  return `${egressWords(coverage)} ${mintingWords(coverage)}`;
}

function egressWords({ isolation, hosts }: RunCoverage): string {
  const proved = 'What went through the gateway is recorded.';
  switch (isolation) {
    case 'network':
      return hosts.length === 0
        ? `${proved} The command had no other network.`
        : `${proved} The command's only other network: ${hosts.join(', ')}.`;
    case 'user':
      return `${proved} The network was open, so nothing proves that the command did nothing else.`;
    case 'container':
      return `${proved} The job ran in a container with an open network, so nothing proves that the command did nothing else.`;
    case 'none':
      return `${proved} The network was open, so nothing proves that the command did nothing else.`;
    default:
      return isolation satisfies never;
  }
}

function mintingWords({ minting }: RunCoverage): string {
  if (minting === 'hidden') return 'It could read nothing that mints another token.';
  if (minting === 'own') return "It could read the wrapper's own environment, and mint another token with it.";
  if ('source' in minting)
    return `Its token came from a source that answers whoever asks here (${minting.source}), the command too.`;
  const processes = minting.ancestors === 1 ? 'a process' : `${minting.ancestors} processes`;
  return `It could read the environment of ${processes} of the CI system, and mint another token with it.`;
}
