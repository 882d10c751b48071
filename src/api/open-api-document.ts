import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { GatewayInfo } from './services.ts';

type OpenApiDocument = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/** What the document says before its routes. */
export function openApiDocument({ version }: Pick<GatewayInfo, 'version'>): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chaperone',
      version,
      description:
        'Everything that the command line and the web UI do. Errors are problem details (RFC 9457) with a closed `code` where one helps. Lists take `limit` and `cursor`; `next` of an answer is the cursor of what follows. Times are RFC 3339 in UTC. What can be edited has an ETag, and is changed under it.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [
      { name: 'gateway', description: 'What this gateway is, and whether it works.' },
      { name: 'overview', description: 'What one wants to know first.' },
      { name: 'approvals', description: 'Requests that wait for people.' },
      { name: 'runs', description: 'CI job runs: the unit of evidence.' },
      { name: 'evidence', description: 'What proves what a run did, in one file.' },
      { name: 'sessions', description: 'What was done in which target, statement by statement.' },
      { name: 'events', description: 'What happens, as it happens.' },
      { name: 'targets', description: 'The systems behind the gateway.' },
      { name: 'definitions', description: 'What MCP targets say of their tools, pinned by people.' },
      { name: 'configuration', description: 'Targets, trust, policies: as files, or one by one.' },
      { name: 'policies', description: 'Checked, and tried on recent traffic.' },
      { name: 'trust', description: 'Which CI jobs are let in.' },
      { name: 'budgets', description: 'What was spent of what rules allow.' },
      { name: 'grants', description: 'Who may enter what, until when.' },
      { name: 'tokens', description: 'The token endpoint of CI jobs.' },
      { name: 'login', description: 'How people come in.' },
      { name: 'people', description: 'Who they are, and what they may.' },
      { name: 'operator tokens', description: 'Tokens for programs.' },
      { name: 'exports', description: 'Where the record goes besides the log.' },
      { name: 'channels', description: 'How people are told that something waits.' },
      { name: 'retention', description: 'What is erased of all this, and what keeps it.' },
      { name: 'log', description: 'The log that proves all this.' },
    ],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An operator token: `chaperone login`, or one with scopes.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-chaperone',
          description:
            'The session of a browser; everything but GET also takes `x-csrf-token`, which `GET /v1/me` gives.',
        },
        grant: { type: 'http', scheme: 'basic', description: "A grant's id and its secret." },
      },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { cookie: [] }],
  };
}
