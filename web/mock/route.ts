import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Asked {
  /** What the path's groups matched. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly request: IncomingMessage;
  /** For routes that answer by themselves: streams, downloads. */
  readonly response: ServerResponse;
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** The body of a 200; undefined is a 204. */
  readonly answer: (asked: Asked) => unknown;
}

/** Ends a request with another status than 200. */
export class Answered extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, title: string, more: object = {}) {
    super(title);
    this.status = status;
    this.body = { type: 'about:blank', title, status, ...more };
  }
}

/** `route('GET', '/v1/approvals/:approval', …)`. */
export function route(method: string, path: string, answer: Route['answer']): Route {
  return { method, path: new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`), answer };
}

/** A page of a list, `limit` items from `cursor` on. */
export function paged(items: readonly unknown[], query: URLSearchParams, field = 'items'): Record<string, unknown> {
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 50);
  const next = from + limit < items.length ? { next: String(from + limit) } : {};
  return { [field]: items.slice(from, from + limit), ...next };
}
