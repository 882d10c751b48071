import type { SwaggerTransformObject } from '@fastify/swagger';

interface Operation {
  operationId?: string;
  security?: object[];
  parameters?: object[];
  requestBody?: { content?: Record<string, unknown>; required?: boolean };
  responses?: Record<string, Response>;
}

interface Response {
  description?: string;
  headers?: Record<string, object>;
  content?: Record<string, unknown>;
}

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
  'get /.well-known/oauth-authorization-server': 'nobody',
  'get /oauth/authorize': 'nobody',
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
  'get /metrics': 'text/plain',
};

/** Answers of another status than 200, and what they mean. */
const INSTEAD: Readonly<Record<string, readonly [status: string, description: string]>> = {
  'get /v1/login/start': ['303', 'To the provider, or to the page that says why not.'],
  'get /login/callback': ['303', 'To the page that was asked for, or to the one that says why not.'],
  'get /v1/runs/{run}/attach': ['101', 'The WebSocket.'],
  'get /v1/carrier/{target}': ['101', 'The WebSocket.'],
};

/** Bodies that come as a form, and those that may come as JSON as well. */
const FORMS: Readonly<Record<string, 'form' | 'either'>> = {
  'post /oauth/token': 'either',
  'post /v1/login/device/token': 'either',
  'post /v1/channels/slack/{channel}/interactions': 'form',
};
const FORM = 'application/x-www-form-urlencoded';

const IF_MATCH = header('If-Match', 'The ETag of what was read (RFC 9110, 13.1.1).');
const LAST_EVENT_ID = header('Last-Event-ID', 'The id of the event that was heard last.');

/** Headers that routes read themselves. */
const HEADERS: Readonly<Record<string, readonly object[]>> = {
  'put /v1/configuration/{kind}/{name}': [
    IF_MATCH,
    header('If-None-Match', '`*` where the object is to be new (RFC 9110, 13.1.2).'),
  ],
  'delete /v1/configuration/{kind}/{name}': [IF_MATCH],
  'patch /v1/people/{person}': [IF_MATCH],
  'get /v1/events': [LAST_EVENT_ID],
  'get /v1/sessions/{session}/follow': [LAST_EVENT_ID],
  'post /oauth/token': [header('DPoP', 'A proof of the key that the grant is to be bound to (RFC 9449).')],
};

const TAGGED: ReadonlySet<string> = new Set([
  'get /v1/configuration/{kind}/{name}',
  'put /v1/configuration/{kind}/{name}',
  'get /v1/people/{person}',
  'patch /v1/people/{person}',
]);
const ETAG = { etag: { description: 'Goes back as `If-Match` with a change.', schema: { type: 'string' } } };

const PROBLEM = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: 'string' },
  },
  required: ['type', 'title', 'status'],
} as const;

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
  const headers = HEADERS[route] ?? [];
  if (headers.length > 0) operation.parameters = [...(operation.parameters ?? []), ...headers];
  takeForms(operation, FORMS[route]);
  operation.responses = answersOf(route, operation.responses ?? {});
}

function takeForms(operation: Operation, kind: 'form' | 'either' | undefined): void {
  if (kind === undefined) return;
  const json = operation.requestBody?.content?.['application/json'] ?? { schema: { type: 'object' } };
  const content = kind === 'form' ? { [FORM]: json } : { [FORM]: json, 'application/json': json };
  operation.requestBody = { ...operation.requestBody, required: true, content };
}

function answersOf(route: string, declared: Readonly<Record<string, Response>>): Record<string, Response> {
  const answers: Record<string, Response> = { ...declared };
  const media = STREAMS[route];
  if (media !== undefined) answers['200'] = { description: 'As it comes.', content: { [media]: {} } };
  const instead = INSTEAD[route];
  if (instead !== undefined) {
    delete answers['200'];
    answers[instead[0]] = { description: instead[1] };
  }
  if (TAGGED.has(route) && answers['200'] !== undefined) answers['200'] = { ...answers['200'], headers: ETAG };
  // Whatever a route says of itself: too many requests, a body that is too large, a path that nobody can read.
  for (const status of ['4XX', '5XX']) answers[status] ??= { content: { 'application/json': { schema: PROBLEM } } };
  for (const [status, answer] of Object.entries(answers)) if (/^[45]/.test(status)) describeNo(status, answer);
  return answers;
}

function describeNo(status: string, answer: Response): void {
  const json = answer.content?.['application/json'];
  // The token endpoints speak OAuth's own errors, which are no problem details.
  if (json !== undefined && isProblem(json)) answer.content = { 'application/problem+json': json };
  // A body that cannot be read at all is a problem there, too.
  else if (status === '400' && json !== undefined) {
    answer.content = { ...answer.content, 'application/problem+json': { schema: PROBLEM } };
  }
  answer.description = status.startsWith('4') ? 'Not like this, or not for you.' : 'The gateway cannot do it now.';
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

function header(name: string, description: string): object {
  return { in: 'header', name, required: false, description, schema: { type: 'string' } };
}
