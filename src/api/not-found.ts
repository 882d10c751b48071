import type { FastifyInstance } from 'fastify';
import { HttpProblem, sendProblem } from './problem.ts';
import type { PageHandler } from './web-files.ts';

/** Answers what no route takes: a page of the UI, 405 where the path is known under other methods, else 404. */
export class NotFound {
  /** What each known path looks like, and the methods that it takes. */
  readonly #known = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();

  /** To be called before any route is added. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      if (url === '/*' || url === '*') return;
      const route = this.#known.get(url) ?? { path: patternOf(url), methods: new Set<string>() };
      for (const one of [method].flat()) route.methods.add(one);
      this.#known.set(url, route);
    });
  }

  handle(app: FastifyInstance, page: PageHandler): void {
    app.setNotFoundHandler((request, reply) => {
      const shown = page(request, reply);
      if (shown !== undefined) return shown;
      const methods = this.#methodsOf(request.url.split('?', 1)[0] ?? '');
      if (methods.length === 0 || methods.includes(request.method))
        return sendProblem(reply, new HttpProblem(404, 'There is nothing here').problem);
      reply.header('allow', methods.join(', '));
      const problem = new HttpProblem(405, `This path takes ${methods.join(', ')} and not ${request.method}`);
      return sendProblem(reply, problem.problem);
    });
  }

  #methodsOf(path: string): readonly string[] {
    const routes = [...this.#known.values()].filter((route) => route.path.test(path));
    return [...new Set(routes.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** `/v1/sessions/:session` takes any one segment in place of `:session`; `*` takes what is left. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
