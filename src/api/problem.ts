import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Fault, type FaultCode } from '../model/fault.ts';
import { type Refusal, type RefusalCode, Refused } from '../model/refusal.ts';

/** Problem details (RFC 9457), with our closed codes beside. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  code: z.string().optional(),
  hint: z.string().optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** What a route declares for its answers of no. */
export const problemResponses = { '4xx': problemSchema, '5xx': problemSchema };

/** Ends a request with a problem that the caller may see. */
export class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(
    status: number,
    title: string,
    more: { readonly detail?: string; readonly code?: string; readonly hint?: string } = {},
  ) {
    super(title);
    this.name = 'HttpProblem';
    this.problem = { type: 'about:blank', title, status, ...more };
  }
}

/** Every error of every route becomes a problem; one of ours says nothing of its cause to the caller. */
export function handleProblems(app: FastifyInstance, onFault: (fault: unknown, client: string) => void): void {
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) onFault(error, request.ip);
    return sendProblem(reply, problem);
  });
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

/** What the caller is told of an error: one of ours says nothing of its cause. */
export function toProblem(error: FastifyError): Problem {
  if (error instanceof HttpProblem) return error.problem;
  if (error instanceof Refused) return refusalProblem(error.refusal);
  if (error instanceof Fault) return faultProblem(error);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const detail = error.validation.map(({ instancePath, message }) => `${instancePath || '/'}: ${message}`).join('; ');
    return { type: 'about:blank', title: 'The request is not what this route takes', status: 400, detail };
  }
  const known = FRAMEWORK_PROBLEMS[error.code];
  if (known !== undefined) return { type: 'about:blank', ...known };
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return { type: 'about:blank', title: error.message, status };
  return { type: 'about:blank', title: 'Something broke in the gateway', status: 500, code: 'internal' };
}

/** What the framework finds wrong before a route is reached, by its code. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, { readonly status: number; readonly title: string }>> = {
  FST_ERR_BAD_URL: { status: 400, title: 'The path is not a valid one' },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, title: 'A part of the path is longer than any name here' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, title: 'The body is not JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, title: 'The body is empty, and its type says JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, title: 'The body is not as long as its header says' },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the API takes' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, title: 'The API does not take bodies of this type' },
  FST_ERR_CTP_INVALID_TYPE: { status: 415, title: 'The API does not take bodies of this type' },
};

export function refusalProblem({ code, message, hint }: Refusal): Problem {
  const status = REFUSAL_STATUS[code] ?? 403;
  return { type: 'about:blank', title: 'Refused', status, detail: message, code, ...(hint ? { hint } : {}) };
}

/** 403 where none stands here: the gateway understood, and says no. */
const REFUSAL_STATUS: Partial<Readonly<Record<RefusalCode, number>>> = {
  'claim-missing': 401,
  'claim-invalid': 401,
  'claim-expired': 401,
  'claim-replayed': 401,
  'issuer-unknown': 401,
  'target-unknown': 404,
  'approval-unknown': 404,
  'approval-changed': 409,
  'approval-answered': 409,
  'approval-over': 409,
  'approval-void': 409,
  'protocol-malformed': 400,
  'too-large': 413,
  'rate-limited': 429,
  'connection-limit': 429,
  draining: 503,
  'record-unavailable': 503,
  'upstream-unavailable': 503,
};

/** Only a fault of the caller's own making (a file that it sent) is explained. */
function faultProblem(fault: Fault): Problem {
  if (fault.code === 'config-invalid') {
    return {
      type: 'about:blank',
      title: 'The configuration is not valid',
      status: 422,
      detail: fault.message,
      code: fault.code,
    };
  }
  if (fault.code === 'signer-unavailable') {
    const title = 'A key that signs cannot be used now: what waits for it is tried again';
    return { type: 'about:blank', title, status: 503, code: fault.code };
  }
  const unavailable: readonly FaultCode[] = ['store-unavailable', 'log-unavailable'];
  const status = unavailable.includes(fault.code) ? 503 : 500;
  return { type: 'about:blank', title: 'The gateway cannot do this now', status, code: fault.code };
}
