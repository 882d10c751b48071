import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { scopesOf } from '../identity/person-record.ts';
import type { VerifiedProof } from '../identity/proof-verifier.ts';
import { type Refusal, type RefusalCode, Refused } from '../model/refusal.ts';
import { Secret } from '../model/secret.ts';
import { readSshKeyLine } from '../model/ssh-key.ts';
import { configuredName } from './configured-name.ts';
import { proofOf } from './grant-holder.ts';
import type { IssuedGrant, TokenExchange } from './grant-views.ts';
import { invalidOauthRequest } from './oauth-errors.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import {
  ACCESS_TOKEN,
  CLIENT_CREDENTIALS,
  GRANT_TYPES,
  JWT_BEARER,
  TOKEN_EXCHANGE,
  type TokenRequest,
  tokenRequestSchema,
} from './token-request.ts';

const ASSERTED = 'asserted.';

const targetSchema = z.object({
  name: z.string(),
  protocol: z.string(),
  host: z.string().optional().describe('Absent where no native port is open for its protocol.'),
  port: z.number().int().optional(),
  database: z.string(),
  startedBy: z.literal('run').optional().describe('An MCP server that is a program of the job.'),
  hosts: z
    .array(z.string())
    .readonly()
    .optional()
    .describe('Its names on the forward proxy (HTTP), or those of its host (SSH).'),
  aws: z
    .object({ region: z.string().optional(), service: z.string().optional() })
    .readonly()
    .optional()
    .describe('Of a target that speaks AWS: what requests are signed for, where that is fixed.'),
});

const grantSchema = z.object({
  access_token: z
    .string()
    .describe(
      "The grant's secret: a database password, or a bearer token. Of a token for a resource all of the token.",
    ),
  issued_token_type: z.literal(ACCESS_TOKEN),
  token_type: z
    .enum(['Bearer', 'DPoP'])
    .describe('`DPoP`: good only with a proof of the key that this request proved.'),
  expires_in: z.number().int(),
  scope: z.string(),
  grant: z.string().describe('The user name that goes with the secret.'),
  run: z.string(),
  runUrl: z.string().describe("The run's page in the web UI."),
  display: z.string(),
  ssh_certificate: z.string().optional().describe('For the SSH key of the request, as in `id_ed25519-cert.pub`.'),
  certificateAuthority: z.string().optional().describe("PEM of the authority behind the gateway's certificate."),
  mcp: z
    .object({ host: z.string().optional(), port: z.number().int().optional() })
    .optional()
    .describe('Where `/mcp` has all MCP targets of the grant at one address; carried as `/v1/carrier/chaperone`.'),
  targets: z.array(targetSchema),
  requestable: z
    .array(targetSchema)
    .optional()
    .describe('What people may give the run while it goes on: nobody is let in there before they did.'),
});

/** RFC 6749, 5.2, with our closed codes beside. */
const errorSchema = z.object({
  error: z.enum([
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'invalid_target',
    'unsupported_grant_type',
    'temporarily_unavailable',
  ]),
  error_description: z.string(),
  code: z.string(),
  hint: z.string().optional(),
});

/** Tokens: a CI token in, a grant out; or a grant that is still good in, the same one for longer out. */
export function tokenRoutes(router: ApiRouter, services: ApiServices): void {
  const response = { 200: grantSchema, 400: errorSchema, 401: errorSchema, 503: errorSchema };
  router.post(
    '/oauth/token',
    {
      schema: {
        tags: ['tokens'],
        summary: 'Exchange a token',
        description:
          'RFC 8693: the token of a CI job for a grant, once; or a grant that is still good for the same one for longer. ' +
          'RFC 7523: the token of a CI job as an assertion, for a bearer token that is good at one resource alone. ' +
          'With a `DPoP` header (RFC 9449) the grant is bound to that key, and a bound one is renewed by its key alone.',
        body: tokenRequestSchema,
        response,
      },
      // What is wrong with a request is said in OAuth's words, too.
      attachValidation: true,
    },
    async (request, reply) => {
      if (request.validationError) {
        const invalid = invalidOauthRequest(request.body, GRANT_TYPES, request.validationError.validation);
        return reply.code(400).send({ ...invalid, code: 'protocol-malformed' });
      }
      try {
        return reply
          .code(200)
          .send(answer(await issue(request.body, services, await proofOf(request, services)), services.info.url));
      } catch (error) {
        if (error instanceof Refused) return refuse(reply, error.refusal, request.body.grant_type);
        throw error;
      }
    },
  );
}

async function issue(
  body: TokenRequest,
  services: ApiServices,
  proof: VerifiedProof | undefined,
): Promise<IssuedGrant> {
  const resource = resourceOf(body, services, proof);
  const proved = proof === undefined ? {} : { proof };
  const wanted = { targets: targetsOf(body, resource), asserted: labels(body), ...proved };
  const sshKey = sshKeyOf(body);
  const request = { ...wanted, ...(resource === undefined ? {} : { resource }), ...(sshKey ? { sshKey } : {}) };
  switch (body.grant_type) {
    case JWT_BEARER:
      return services.exchange({ token: new Secret(body.assertion), ...request });
    case CLIENT_CREDENTIALS:
      return services.exchange({ token: new Secret(body.client_assertion), ...request });
    case TOKEN_EXCHANGE: {
      const { grant } = body;
      const secret = new Secret(body.subject_token);
      if (body.subject_token_type !== ACCESS_TOKEN) return services.exchange({ token: secret, ...request });
      return grant === undefined
        ? issueToPerson(secret, request, services)
        : services.renew({ grant, secret, ...proved });
    }
    default:
      return body satisfies never;
  }
}

function sshKeyOf({ ssh_public_key: line }: TokenRequest): Buffer | undefined {
  if (line === undefined) return undefined;
  const key = readSshKeyLine(line);
  if (key !== undefined) return key;
  throw new Refused({ code: 'protocol-malformed', message: 'The SSH key is no public key, as in id_ed25519.pub.' });
}

/** The place that the token is to be good at alone; that of all MCP targets where an assertion names none. */
function resourceOf(body: TokenRequest, services: ApiServices, proof: VerifiedProof | undefined): string | undefined {
  if (body.resource === undefined) return body.grant_type === TOKEN_EXCHANGE ? undefined : '/mcp';
  const resource = services.resource(body.resource);
  if (resource === undefined) {
    throw new Refused({
      code: 'target-unknown',
      message: 'The resource is no place of the HTTP port of this gateway.',
      hint: 'Its places are /mcp and /t/TARGET; the metadata of each names it as it must be asked for.',
    });
  }
  if (proof === undefined) return resource;
  throw new Refused({
    code: 'protocol-malformed',
    message: 'A token for a resource is shown there as it is, so it cannot be bound to a key.',
    hint: 'Leave out either `resource` or the DPoP proof.',
  });
}

/** Who asks for one target's place gets that target and no other. */
function targetsOf({ scope }: TokenRequest, resource: string | undefined): readonly string[] {
  const asked = (scope ?? '').split(' ').filter((word) => word !== '');
  if (!resource?.startsWith('/t/')) return asked;
  const only = resource.slice('/t/'.length);
  const other = asked.find((name) => name !== only);
  if (other === undefined) return [only];
  throw new Refused({ code: 'target-not-granted', message: `The resource is the target ${only} alone.` });
}

/** By the token of `chaperone login`, which may all that its person may; one that was made for less enters no target. */
async function issueToPerson(
  token: Secret,
  request: Omit<TokenExchange, 'token'>,
  services: ApiServices,
): Promise<IssuedGrant> {
  const holder = await services.logins.tokens.authenticate(token);
  const record = holder?.person && (await services.logins.people.find(holder.person.id));
  if (!holder?.expiresAt || !record || holder.scopes.size < scopesOf(record).size) {
    throw new Refused({
      code: 'claim-invalid',
      message: 'This is no token by which a person enters a target.',
      hint: '`chaperone login` gives one.',
    });
  }
  const { id, login, issuer, groups } = record;
  const who = { by: id, via: holder.id };
  const configured = await services.targets.list();
  const targets = request.targets.map((name) => configuredName(name, configured)).join(' ');
  const detail = { ...who, action: 'target.enter', targets };
  await services.audit.note({ kind: 'person.action', detail });
  return services.exchangeForPerson({ id, login, issuer, groups, until: holder.expiresAt }, request);
}

function answer(issued: IssuedGrant, url: string): z.infer<typeof grantSchema> {
  return {
    access_token: issued.resource === undefined ? issued.secret.reveal() : `${issued.grant}.${issued.secret.reveal()}`,
    issued_token_type: ACCESS_TOKEN,
    token_type: issued.bound ? 'DPoP' : 'Bearer',
    expires_in: issued.expiresInSeconds,
    scope: issued.targets.map(({ name }) => name).join(' '),
    grant: issued.grant,
    run: issued.run,
    runUrl: `${url}/runs/${encodeURIComponent(issued.run)}`,
    display: issued.display,
    ...(issued.sshCertificate ? { ssh_certificate: issued.sshCertificate } : {}),
    ...(issued.certificateAuthority ? { certificateAuthority: issued.certificateAuthority } : {}),
    ...(issued.mcp === undefined ? {} : { mcp: issued.mcp }),
    targets: [...issued.targets],
    ...(issued.requestable === undefined ? {} : { requestable: [...issued.requestable] }),
  };
}

function refuse(
  reply: FastifyReply,
  { code, message, hint }: Refusal,
  grantType: TokenRequest['grant_type'],
): FastifyReply {
  // What was shown proves either the client itself or what it may have.
  const error = OAUTH_ERRORS[code] ?? (grantType === CLIENT_CREDENTIALS ? 'invalid_client' : 'invalid_grant');
  const status = error === 'temporarily_unavailable' ? 503 : error === 'invalid_client' ? 401 : 400;
  return reply.code(status).send({ error, error_description: message, code, ...(hint ? { hint } : {}) });
}

type OAuthError = z.infer<typeof errorSchema>['error'];

/** `invalid_grant` where none stands here: the token, or what may be had for it, is not good. */
const OAUTH_ERRORS: Partial<Readonly<Record<RefusalCode, OAuthError>>> = {
  'target-unknown': 'invalid_target',
  'target-not-granted': 'invalid_target',
  'protocol-malformed': 'invalid_request',
  'too-large': 'invalid_request',
  draining: 'temporarily_unavailable',
  'record-unavailable': 'temporarily_unavailable',
};

function labels(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const own = Object.entries(fields).filter(([name, value]) => name.startsWith(ASSERTED) && typeof value === 'string');
  return Object.fromEntries(own.map(([name, value]) => [name.slice(ASSERTED.length), String(value)]));
}
