import type { Problem } from './types.ts';

/** What the API answered instead of what was asked for (RFC 9457), or that it did not answer: then `status` is 0. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.problem = problem;
  }
}

/** The problem that an answer carries, or one made of its status where its body is none. */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (isProblem(body)) return new ApiProblem(body);
  return new ApiProblem({ type: 'about:blank', title: `The gateway answered ${status}.`, status });
}

export function unreachable(cause: unknown): ApiProblem {
  const problem = new ApiProblem({
    type: 'about:blank',
    title: 'The gateway does not answer.',
    status: 0,
    hint: 'It may be restarting, or the network is down. What you see here is the last that it said.',
  });
  problem.cause = cause;
  return problem;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && 'status' in body;
}
