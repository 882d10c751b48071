import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parsePolicy, type TlogPolicy } from '../../audit/log/tlog-policy.ts';
import type { Signer } from '../../audit/signer.ts';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import { type AwsCredentials, openAwsKmsSigner } from '../../signers/aws-kms-signer.ts';
import { openVaultSigner, type SignerContext } from '../../signers/vault-signer.ts';
import { CliError, EXIT } from '../cli-error.ts';

const vaultSchema = z.strictObject({
  address: z.url({ protocol: /^https?$/ }),
  key: z.string().min(1),
  mount: z.string().min(1).default('transit'),
  version: z.number().int().positive().optional(),
  namespace: z.string().min(1).optional(),
  /** A file whose first line is the token; VAULT_TOKEN where absent. */
  tokenFile: z.string().optional(),
});
const awsSchema = z.strictObject({
  region: z.string().regex(/^[a-z0-9-]{3,40}$/),
  key: z.string().min(1),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
});

/** Where a signing key is, when it is no file of ours. */
export const keySchema = z.union([z.strictObject({ vault: vaultSchema }), z.strictObject({ awsKms: awsSchema })]);

/** `log` of the configuration file; docs/reference/configuration.md explains each key. */
export const logSchema = z.strictObject({
  /** A C2SP tlog-policy, beside the configuration: which witnesses are asked, and how many must cosign. */
  witnesses: z.string().optional(),
  /** What a proven alarm of a witness does: nobody new is let in, or everything goes on. */
  onAlarm: z.enum(['refuse', 'continue']).optional(),
  key: keySchema.optional(),
  /** The key that the log had until now, while `key` takes its place. */
  previousKey: keySchema.optional(),
});

export type KeyPlace = z.infer<typeof keySchema>;

export interface LogConfig {
  readonly witnesses?: TlogPolicy;
  readonly onAlarm?: 'refuse' | 'continue';
  readonly key?: KeyPlace;
  readonly previousKey?: KeyPlace;
}

/** Reads the policy with `read`. Throws a `CliError` that says what is wrong with it. */
export function readLogConfig(given: z.infer<typeof logSchema> | undefined, read: (path: string) => string): LogConfig {
  const { witnesses, onAlarm, key, previousKey } = given ?? {};
  if (previousKey !== undefined && key === undefined)
    throw new CliError(EXIT.config, 'log.previousKey is what log.key takes the place of: there is no log.key');
  return {
    ...(witnesses === undefined ? {} : { witnesses: policyOf(witnesses, read) }),
    ...(onAlarm === undefined ? {} : { onAlarm }),
    ...(key === undefined ? {} : { key }),
    ...(previousKey === undefined ? {} : { previousKey }),
  };
}

function policyOf(path: string, read: (path: string) => string): TlogPolicy {
  try {
    return parsePolicy(Buffer.from(read(path)));
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new CliError(EXIT.config, `${path} (log.witnesses): ${cause.message}`, {
      cause,
      hint: 'It is a trust policy as https://c2sp.org/tlog-policy describes it; docs/operating/witness.md has one.',
    });
  }
}

export interface SignerSurroundings extends SignerContext {
  readonly env: NodeJS.ProcessEnv;
  /** What relative names of files are beside of. */
  readonly beside: string;
}

/** Opens a key where the configuration says that it is. */
export async function openSigner(place: KeyPlace, { env, beside, ...context }: SignerSurroundings): Promise<Signer> {
  if ('vault' in place) {
    const { key: name, tokenFile, ...vault } = place.vault;
    return await openVaultSigner({ ...vault, name, token: () => vaultToken(tokenFile, beside, env) }, context);
  }
  const { key: keyId, ...aws } = place.awsKms;
  return await openAwsKmsSigner({ ...aws, keyId, credentials: () => Promise.resolve(awsCredentials(env)) }, context);
}

async function vaultToken(file: string | undefined, beside: string, env: NodeJS.ProcessEnv): Promise<Secret> {
  if (file !== undefined) return new Secret((await readFile(resolve(beside, file), 'utf8')).trim());
  return new Secret(required(env, 'VAULT_TOKEN', 'the key in Vault'));
}

function awsCredentials(env: NodeJS.ProcessEnv): AwsCredentials {
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return {
    accessKeyId: required(env, 'AWS_ACCESS_KEY_ID', 'the key in AWS KMS'),
    secretAccessKey: new Secret(required(env, 'AWS_SECRET_ACCESS_KEY', 'the key in AWS KMS')),
    ...(sessionToken ? { sessionToken: new Secret(sessionToken) } : {}),
  };
}

function required(env: NodeJS.ProcessEnv, name: string, what: string): string {
  const value = env[name];
  if (value) return value;
  throw new Fault('config-invalid', `${name} is not set, which ${what} needs`);
}
