import { Fault } from '../model/fault.ts';
import type { Credential, Target } from '../model/target.ts';
import type { TargetCheck } from './services.ts';

export interface TargetCheckParts {
  /** Opens the target's credential. */
  readonly credential: (target: Target) => Promise<Credential>;
  /** Connects and logs in as a session would, and leaves at once. */
  readonly connect: (target: Target, credential: Credential, signal: AbortSignal) => Promise<void>;
}

type Step = TargetCheck['steps'][number];

const STEPS = ['credential', 'address', 'tls', 'login'] as const;

/** Tries to get into a target as a session would; says of each step whether it went well, and what to do. */
export async function checkTarget(target: Target, parts: TargetCheckParts, signal: AbortSignal): Promise<TargetCheck> {
  const steps = await trySteps(target, parts, signal);
  return { target: target.name, ok: steps.every(({ status }) => status === 'ok'), steps };
}

async function trySteps(target: Target, parts: TargetCheckParts, signal: AbortSignal): Promise<readonly Step[]> {
  let credential: Credential;
  try {
    credential = await parts.credential(target);
  } catch (fault) {
    return failedAt('credential', target, fault);
  }
  try {
    await parts.connect(target, credential, signal);
    return STEPS.map((step) => ({ step, status: 'ok', detail: good(step, target, credential) }));
  } catch (fault) {
    return failedAt(stepOf(fault), target, fault, credential);
  }
}

function failedAt(failed: Step['step'], target: Target, fault: unknown, credential?: Credential): readonly Step[] {
  const at = STEPS.indexOf(failed);
  return STEPS.map((step, index): Step => {
    if (index < at) return { step, status: 'ok', detail: good(step, target, credential) };
    if (index > at) return { step, status: 'skipped', detail: 'not tried' };
    return { step, status: 'failed', detail: why(fault), hint: advice(step, target) };
  });
}

function stepOf(fault: unknown): Step['step'] {
  const code = fault instanceof Fault ? fault.code : 'internal';
  if (code === 'upstream-tls') return 'tls';
  return code === 'upstream-login' || code === 'upstream-protocol' ? 'login' : 'address';
}

function good(step: Step['step'], target: Target, credential: Credential | undefined): string {
  switch (step) {
    case 'credential':
      if (credential?.kubernetes !== undefined) return `opened, of the kind ${credential.kubernetes.kind}`;
      return credential?.http === undefined
        ? credential?.environment === undefined
          ? `opened, for the user ${credential?.user ?? ''}`
          : `opened, with the variables ${Object.keys(credential.environment).join(' ')}`
        : `opened, of the kind ${credential.http.kind}`;
    case 'address':
      return isProgram(target)
        ? 'a program, which is started for a run'
        : `${target.address.host}:${target.address.port} answers`;
    case 'tls':
      if (target.ssh !== undefined) return HOST_KEYS[target.ssh.hostKeys.kind];
      return isProgram(target)
        ? 'none, for a program'
        : target.tls.mode === 'disable'
          ? 'switched off for this target'
          : target.tls.mode;
    case 'login':
      if (isProgram(target)) return 'a program has no login; it is started once a run asks it something';
      if (target.kubernetes !== undefined) return 'the API server takes the credential';
      return target.http === undefined
        ? `logged in as ${credential?.user ?? ''}`
        : 'connected; a server says of a credential only what it says to a request';
    default:
      return step satisfies never;
  }
}

function isProgram({ mcp }: Target): boolean {
  return mcp?.transport.kind === 'stdio' || mcp?.transport.kind === 'run';
}

/** What the fault says, and the first cause beneath it. */
function why(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  return fault.cause instanceof Error ? `${fault.message}: ${fault.cause.message}` : fault.message;
}

function advice(step: Step['step'], target: Target): string {
  switch (step) {
    case 'credential':
      return 'Is the source of the credential there for the gateway, and was it sealed with this key?';
    case 'address':
      if (isProgram(target)) return 'Is the program there, and may the gateway start it as it is declared?';
      return `Can this machine reach ${target.address.host}:${target.address.port}? Check the address, the port, the firewall.`;
    case 'tls':
      if (target.ssh !== undefined)
        return target.ssh.hostKeys.kind === 'firstUse'
          ? `If it has a new key for a reason, forget the one that was kept: chaperone targets delete-host-key ${target.name}`
          : 'Declare the key in `ssh.hostKeys` if it is the host that you mean; ask who runs it.';
      return 'Give the authority that signed the certificate in `tls.ca`, or the name on it in `tls.serverName`.';
    case 'login':
      if (target.kubernetes !== undefined) {
        return 'Check what the target says of its credential, and whether the cluster knows it (`kubectl auth whoami`).';
      }
      if (target.ssh !== undefined) return "Check the login and its key, and what the host's own log says (sshd).";
      return target.http !== undefined
        ? 'Check the HTTP version, and what the target says of its credential.'
        : 'Check the user and the password, and what the server lets this machine do (pg_hba.conf).';
    default:
      return step satisfies never;
  }
}

/** Of SSH hosts, which have keys where others have certificates. */
const HOST_KEYS = {
  pinned: 'the host showed a key that is declared',
  authority: 'the host showed a certificate of an authority that is declared',
  firstUse: 'the host showed the key of its first connection, or this was that one',
} as const;
