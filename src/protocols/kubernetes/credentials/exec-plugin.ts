import { execFile } from 'node:child_process';
import { Fault } from '../../../model/fault.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { KubernetesCredential } from '../../../model/target.ts';
import type { FetchedToken, FetchToken } from '../../http/credentials/cached-token.ts';

type Plugin = Extract<KubernetesCredential, { readonly kind: 'exec' }>;

const PATH = '/usr/local/bin:/usr/bin:/bin';
const VERSION = 'client.authentication.k8s.io/v1';
/** Of a credential that does not say: it is asked for anew soon. */
const KEPT_MS = 5 * 60_000;

/**
 * Tokens of a plugin (Kubernetes, "client-go credential plugins"): a program that prints an ExecCredential. It gets none of
 * the gateway's own environment. Throws a `Fault` of code `upstream-login` that shows nothing of what it printed.
 */
export function pluginTokens(plugin: Plugin, nowMs: () => number): FetchToken {
  return async (signal) => credentialOf(await run(plugin, signal), plugin.command, nowMs());
}

async function run({ command, args, environment }: Plugin, signal: AbortSignal): Promise<string> {
  const info = { kind: 'ExecCredential', apiVersion: VERSION, spec: { interactive: false } };
  const env = {
    PATH,
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
    ...Object.fromEntries(Object.entries(environment).map(([name, secret]) => [name, secret.reveal()])),
  };
  const options = {
    env,
    signal,
    maxBuffer: LIMITS.maxCredentialBytes,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...args], options, (error, printed) => {
      if (error === null) return resolve(printed);
      const code = typeof error.code === 'number' ? ` (status ${error.code})` : '';
      // What it says of its failure may quote what it was given.
      reject(new Fault('upstream-login', `the program ${command} gives no credential${code}`));
    });
    child.stdin?.end();
  });
}

function credentialOf(printed: string, command: string, now: number): FetchedToken {
  const { kind, apiVersion, status } = objectOf(printed);
  const { token, expirationTimestamp, clientCertificateData } = isObject(status) ? status : {};
  if (kind !== 'ExecCredential' || apiVersion !== VERSION) {
    throw new Fault('upstream-login', `the program ${command} printed no ExecCredential of ${VERSION}`);
  }
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(token)) {
    const why = clientCertificateData === undefined ? 'no token' : 'a certificate and no token, which is not taken';
    throw new Fault('upstream-login', `the program ${command} gave ${why}`);
  }
  const until = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  return { value: token, expiresAtMs: Number.isNaN(until) ? now + KEPT_MS : until };
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // What the parser says would quote the credential.
  }
  return {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
