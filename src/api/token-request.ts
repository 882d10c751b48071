import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const CLIENT_CREDENTIALS = 'client_credentials';
export const GRANT_TYPES = [TOKEN_EXCHANGE, JWT_BEARER, CLIENT_CREDENTIALS] as const;

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const CI_TOKEN_TYPES = ['urn:ietf:params:oauth:token-type:id_token', 'urn:ietf:params:oauth:token-type:jwt'] as const;
const CLIENT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const token = z.string().min(1).max(LIMITS.maxTokenBytes);
const common = {
  scope: z
    .string()
    .max(4096)
    .optional()
    .describe('Names of targets, with spaces between; all that are allowed where absent.'),
  resource: z
    .string()
    .max(2048)
    .optional()
    .describe('The one place of the HTTP port where the token shall be good (RFC 8707): its `/mcp`, or `/t/TARGET`.'),
  ssh_public_key: z
    .string()
    .max(9_000)
    .optional()
    .describe('An SSH public key, as in `id_ed25519.pub`, that is to prove the grant as its secret does.'),
};
const label = z.string().max(LIMITS.maxAssertedLabelBytes);
/** Of a client that says who it is beside what proves it: recorded nowhere, used by nothing. */
const clientId = z.string().max(LIMITS.maxAssertedLabelBytes).optional();

/** RFC 8693, 2.1. `asserted.NAME` are the client's own labels: recorded, and used by no rule. */
const exchange = z
  .object({
    grant_type: z.literal(TOKEN_EXCHANGE),
    subject_token: token,
    subject_token_type: z.enum([...CI_TOKEN_TYPES, ACCESS_TOKEN]),
    requested_token_type: z.literal(ACCESS_TOKEN).optional(),
    grant: z
      .string()
      .max(100)
      .optional()
      .describe("The grant to renew, where `subject_token` is its secret; without one it is a person's own token."),
    ...common,
  })
  .catchall(label);

/** RFC 7523, 2.1: the CI token is what is authorized. */
const jwtBearer = z
  .object({ grant_type: z.literal(JWT_BEARER), assertion: token, client_id: clientId, ...common })
  .catchall(label);

/** RFC 6749, 4.4 with RFC 7523, 2.2: the CI token is what its client proves itself by. */
const clientCredentials = z
  .object({
    grant_type: z.literal(CLIENT_CREDENTIALS),
    client_assertion_type: z.literal(CLIENT_ASSERTION),
    client_assertion: token,
    client_id: clientId,
    ...common,
  })
  .catchall(label);

export const tokenRequestSchema = z.discriminatedUnion('grant_type', [exchange, jwtBearer, clientCredentials]);

export type TokenRequest = z.infer<typeof tokenRequestSchema>;
