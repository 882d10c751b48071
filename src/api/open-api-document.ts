import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger';
import type { GatewayInfo } from './services.ts';

type OpenApiDocument = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/** Operations that need no login, and those that take something else than a token or a cookie. */
const OPEN: Readonly<Record<string, 'nobody' | 'grant' | 'signature'>> = {
  'get /healthz': 'nobody',
  'get /readyz': 'nobody',
  'get /v1/gateway': 'nobody',
  'get /v1/log/checkpoint': 'nobody',
  'get /v1/log/witnessed': 'nobody',
  'get /v1/log/tile/{*}': 'nobody',
  'get /v1/login': 'nobody',
  'get /v1/login/start': 'nobody',
  'get /login/callback': 'nobody',
  'get /v1/login/first': 'nobody',
  'post /v1/login/first': 'nobody',
  'post /v1/login/device': 'nobody',
  'post /v1/login/device/token': 'nobody',
  'post /oauth/token': 'nobody',
  'post /v1/runs/{run}/close': 'grant',
  'post /v1/channels/slack/{channel}/interactions': 'signature',
};

/** Answers that no schema describes, by operation. */
const STREAMS: Readonly<Record<string, string>> = {
  'get /v1/events': 'text/event-stream',
  'get /v1/sessions/{session}/follow': 'text/event-stream',
  'get /v1/sessions/{session}/recording': 'application/jsonl',
  'get /v1/runs/{run}/evidence': 'application/zip',
  'post /v1/audit-packs': 'application/zip',
  'get /v1/log/checkpoint': 'text/plain',
  'get /v1/log/witnessed': 'text/plain',
  'get /v1/log/tile/{*}': 'application/octet-stream',
  'get /v1/sessions/{session}/evidence': 'application/json',
};

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

interface Operation {
  operationId?: string;
  security?: object[];
  responses?: Record<string, { description?: string; content?: Record<string, unknown> }>;
}

/** Adds to the document of the routes what is the same for many: who may call, and what kind of answer comes. */
export const completeDocument: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const { openapiObject } = document;
  for (const [path, item] of Object.entries(openapiObject.paths ?? {})) {
    for (const [method, operation] of Object.entries(item ?? {})) complete(`${method} ${path}`, operation as Operation);
  }
  return openapiObject;
};

function complete(route: string, operation: Operation): void {
  operation.operationId = idOf(route);
  const open = OPEN[route];
  if (open !== undefined) operation.security = open === 'grant' ? [{ grant: [] }] : [];
  const media = STREAMS[route];
  operation.responses ??= {};
  if (media !== undefined) operation.responses['200'] = { description: 'As it comes.', content: { [media]: {} } };
  if (media !== undefined) operation.responses['4XX'] ??= { content: { 'application/problem+json': {} } };
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!/^[45]/.test(status)) continue;
    const json = response.content?.['application/json'];
    // The token endpoints speak OAuth's own errors, which are no problem details.
    if (json !== undefined && isProblem(json)) response.content = { 'application/problem+json': json };
    response.description = status.startsWith('4') ? 'Not like this, or not for you.' : 'The gateway cannot do it now.';
  }
}

function isProblem(content: unknown): boolean {
  const { schema } = content as { readonly schema?: { readonly properties?: Readonly<Record<string, unknown>> } };
  return schema?.properties?.['title'] !== undefined;
}

/** `get /v1/sessions/{session}/end` becomes `getSessionsSessionEnd`. */
function idOf(route: string): string {
  const words = route
    .replace('/v1/', '/')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}
