import { z } from 'zod';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';
import { GRANT_TYPES } from './token-request.ts';

const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  response_types_supported: z.array(z.string()).readonly(),
  grant_types_supported: z.array(z.string()).readonly(),
  token_endpoint_auth_methods_supported: z.array(z.string()).readonly(),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).readonly(),
  dpop_signing_alg_values_supported: z.array(z.string()).readonly(),
  service_documentation: z.string(),
});

const errorSchema = z.object({ error: z.literal('unsupported_response_type'), error_description: z.string() });

/** The gateway as an authorization server (RFC 8414), for MCP clients that were told of it by a resource (RFC 9728). */
export function authorizationServerRoutes(router: ApiRouter, services: Pick<ApiServices, 'info'>): void {
  const tags = ['tokens'];
  router.get(
    '/.well-known/oauth-authorization-server',
    {
      schema: {
        tags,
        summary: 'What the token endpoint takes',
        description:
          'RFC 8414. Resources are the places of the HTTP port: each has metadata of its own there (RFC 9728).',
        response: { 200: metadataSchema },
      },
    },
    () => metadata(services.info.url),
  );
  router.get(
    '/oauth/authorize',
    {
      schema: {
        tags,
        summary: 'Says that tokens are had without a browser',
        description: 'RFC 6749, 3.1, of which nothing is supported: a job has no browser.',
        response: { 400: errorSchema },
      },
    },
    async (_request, reply) =>
      reply.code(400).send({
        error: 'unsupported_response_type',
        error_description: 'Nobody is asked in a browser here: show the token of a CI job at the token endpoint.',
      }),
  );
}

function metadata(issuer: string): z.infer<typeof metadataSchema> {
  return {
    issuer,
    // Clients of MCP take no metadata without one; nothing is authorized there.
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    response_types_supported: [],
    grant_types_supported: GRANT_TYPES,
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'ES256'],
    dpop_signing_alg_values_supported: ['ES256'],
    service_documentation: `${issuer}/openapi.json`,
  };
}
