import type { RunReference } from '../../api/types.ts';

/** `main`, `v1.2`, `#812`: a ref as people say it. */
export function refText(ref: string): string {
  const pull = /^refs\/(?:pull|merge-requests)\/(\d+)\//.exec(ref);
  if (pull !== null) return `#${pull[1]}`;
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

export function commitText(commit: string): string {
  return /^[0-9a-f]{40,}$/.test(commit) ? commit.slice(0, 8) : commit;
}

/** The name of a workflow, without the path that leads to its file. */
export function workflowText(workflow: string): string {
  const [path = workflow] = workflow.split('@');
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Only where it leads to a page that a browser may be sent to. */
export function jobUrl({ url }: Pick<RunReference, 'url'>): string | undefined {
  return url !== undefined && URL.parse(url)?.protocol === 'https:' ? url : undefined;
}

const TERMINATIONS: Readonly<Record<string, string>> = {
  completed: 'Completed',
  revoked: 'Its grant was revoked',
  expired: 'Its grant ran out',
  clientLost: 'Its client was lost',
  gatewayFailed: 'The gateway failed',
};

/** How a run ended, in words. */
export function terminationWords(termination: string): string {
  return TERMINATIONS[termination] ?? termination;
}

const CLAIMS: Readonly<Record<string, string>> = {
  issuer: 'Issuer',
  issuerKind: 'CI system',
  tokenSubject: 'Subject',
  sourceRepositoryUri: 'Repository',
  sourceRepositoryId: 'Repository id',
  sourceOwnerId: 'Owner id',
  sourceRef: 'Ref',
  sourceDigest: 'Commit',
  buildConfigUri: 'Workflow',
  buildConfigDigest: 'Workflow’s commit',
  buildSignerUri: 'Signer',
  buildSignerDigest: 'Signer’s commit',
  runInvocationUri: 'Job',
  runId: 'Run id',
  runAttempt: 'Attempt',
  trigger: 'Trigger',
  environment: 'Environment',
  runnerEnvironment: 'Runner',
  visibility: 'Visibility',
  actor: 'Actor',
  actorId: 'Actor id',
  workloadId: 'Account id',
  workloadName: 'Account',
  runBinding: 'Run',
};

/** The vocabulary's name of a claim in a word or two; another name as it is. */
export function claimName(name: string): string {
  return CLAIMS[name] ?? name;
}
