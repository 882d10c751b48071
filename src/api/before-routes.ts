import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, sendProblem, toProblem } from './problem.ts';

import { SECURITY_HEADERS } from './security-headers.ts';

/** What is wrong before there is a request to route: said as every other problem, and nothing of it repeated. */
export const beforeRoutes = {
  frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
    // No hook has seen this request, so what hooks add is added here.
    sendProblem(reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store' }), toProblem(error));
  },
  clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code !== 'ECONNRESET' && socket.writable) socket.write(unparsed(error.code));
    socket.destroy(error);
  },
};

/** The whole answer (RFC 9112) to what is no request: there is nothing to answer it with but the socket. */
function unparsed(code: string | undefined): string {
  const problem = UNPARSED[code ?? ''] ?? { status: 400, title: 'Bad Request', detail: 'This is no HTTP request.' };
  const body = JSON.stringify({ type: 'about:blank', ...problem } satisfies Problem);
  const headers = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

const UNPARSED: Readonly<Record<string, Omit<Problem, 'type'>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, title: 'Request Timeout', detail: 'The request did not come in time.' },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Request Header Fields Too Large',
    detail: 'The path and the headers are larger than the API takes.',
  },
};
