import { z } from 'zod';
import { Secret } from '../../model/secret.ts';
import type { ApiClient, Prover } from '../api-client.ts';
import { closedEvidenceSchema } from '../evidence.ts';
import { findLogin } from '../kept-logins.ts';
import { type CiTokenSource, findCiToken } from './ci/find-ci-token.ts';
import { runOutcomeSchema } from './summary/run-outcome.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

export const gatewayInfoSchema = z.object({
  version: z.string(),
  demo: z.boolean(),
  audience: z.string(),
  url: z.string(),
  ssh: z.object({ hostKey: z.string() }).optional(),
});

const targetSchema = z.object({
  name: z.string(),
  protocol: z.string(),
  host: z.string().optional(),
  port: z.number().int().optional(),
  database: z.string(),
  startedBy: z.literal('run').optional(),
  hosts: z.array(z.string()).optional(),
  aws: z.object({ region: z.string().optional(), service: z.string().optional() }).optional(),
});

/** RFC 8693, 2.2.1, and what a client needs to reach each target with the grant. */
const grantSchema = z.object({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
  grant: z.string(),
  run: z.string(),
  runUrl: z.string(),
  display: z.string(),
  certificateAuthority: z.string().optional(),
  mcp: z.object({ host: z.string().optional(), port: z.number().int().optional() }).optional(),
  targets: z.array(targetSchema),
  requestable: z.array(targetSchema).optional(),
});

export interface LentGrant {
  readonly id: string;
  readonly secret: Secret;
  /** The key that it is bound to; undefined where its secret alone is to let clients in at native ports. */
  readonly key: Prover | undefined;
  readonly run: string;
  readonly runUrl: string;
  /** The principal, for people: `octo-shop/storefront@refs/heads/main`. */
  readonly display: string;
  readonly expiresInSeconds: number;
  readonly source: CiTokenSource;
  readonly demo: boolean;
  /** PEM of the authority that signed the gateway's certificate; absent where a public one did. */
  readonly certificateAuthority: string | undefined;
  /** Present where all its MCP targets are at one address; where that is at the native port. */
  readonly mcp?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  readonly targets: readonly LentTarget[];
  /** What people may give its run while it goes on; nobody is let in there before. */
  readonly requestable: readonly LentTarget[];
  /** By which SSH clients know the gateway, as in known_hosts; absent where it has no such key. */
  readonly sshHostKey?: string | undefined;
}

export interface LentTarget {
  readonly name: string;
  readonly protocol: string;
  /** Of the native port; absent where none is open for its protocol. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database: string;
  /** Of an MCP target whose server is a program of this job. */
  readonly startedBy?: 'run' | undefined;
  /** Names that an HTTP target has on the forward proxy, or those of an SSH target's host. */
  readonly hosts?: readonly string[] | undefined;
  /** Of one that speaks AWS: what its requests are signed for, where that is fixed. */
  readonly aws?: { readonly region?: string | undefined; readonly service?: string | undefined } | undefined;
}

export interface GrantRequest {
  readonly targets: readonly string[];
  readonly tokenFile?: string | undefined;
  readonly tokenFrom?: string | undefined;
  /** Binds the grant to this key. */
  readonly key?: Prover | undefined;
  /** Lets this key in at the native SSH port, too; a line of `id_ed25519.pub`. */
  readonly sshPublicKey?: string | undefined;
  /** What the client says of itself; recorded as asserted. Asked for once the token is there. */
  readonly asserted: (source: CiTokenSource) => Readonly<Record<string, string>>;
  /** Told the token before it is sent anywhere. */
  readonly onToken?: ((token: Secret) => void) | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Finds the CI token for this gateway and exchanges it, once (RFC 8693). Throws a `CliError`. */
export async function requestGrant(api: ApiClient, request: GrantRequest): Promise<LentGrant> {
  const info = await api.call({ path: '/v1/gateway' }, gatewayInfoSchema);
  const login = findLogin(request.env, Date.now(), api.url)?.token;
  const found = await findCiToken({ ...request, audience: info.audience, gateway: api.file, login });
  const { token, source } = found;
  request.onToken?.(token);
  const answer = await api.call(
    {
      method: 'POST',
      path: '/oauth/token',
      form: {
        grant_type: TOKEN_EXCHANGE,
        subject_token_type: source === 'login' ? ACCESS_TOKEN : ID_TOKEN,
        subject_token: token.reveal(),
        scope: request.targets.join(' '),
        ...(request.sshPublicKey === undefined ? {} : { ssh_public_key: request.sshPublicKey }),
        ...Object.fromEntries(
          Object.entries(request.asserted(source)).map(([name, value]) => [`asserted.${name}`, value]),
        ),
      },
      proving: request.key,
    },
    grantSchema,
  );
  return {
    id: answer.grant,
    secret: new Secret(answer.access_token),
    key: answer.token_type === 'DPoP' ? request.key : undefined,
    run: answer.run,
    runUrl: answer.runUrl,
    display: answer.display,
    expiresInSeconds: answer.expires_in,
    source,
    demo: info.demo,
    certificateAuthority: answer.certificateAuthority,
    mcp: answer.mcp,
    targets: answer.targets,
    requestable: answer.requestable ?? [],
    sshHostKey: info.ssh?.hostKey,
  };
}

/** Extends the grant for as long as its trust rule lets it be; resolves with the seconds it has from now. */
export async function renewGrant(api: ApiClient, grant: LentGrant): Promise<number> {
  const form = {
    grant_type: TOKEN_EXCHANGE,
    subject_token_type: ACCESS_TOKEN,
    subject_token: grant.secret.reveal(),
    grant: grant.id,
  };
  const { expires_in } = await api.call(
    { method: 'POST', path: '/oauth/token', form, proving: grant.key },
    grantSchema,
  );
  return expires_in;
}

/** What a gateway answers whoever closes a run: what fetches its evidence, and what it came to. */
const closedRunSchema = z.object({
  evidence: closedEvidenceSchema.optional(),
  outcome: runOutcomeSchema.optional(),
});

export type ClosedRun = z.infer<typeof closedRunSchema>;

/** Ends the run: its grant is void from then on. `asserted` is what there is to say of it at its end. */
export function closeRun(
  api: ApiClient,
  grant: LentGrant,
  asserted: Readonly<Record<string, string>>,
): Promise<ClosedRun> {
  const path = `/v1/runs/${encodeURIComponent(grant.run)}/close`;
  return api.call({ method: 'POST', path, as: grant, json: { asserted, outcome: true } }, closedRunSchema);
}
