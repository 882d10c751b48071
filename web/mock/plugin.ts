import type { Plugin } from 'vite';
import { mockApi } from './api.ts';

/** Answers the API while one works on the UI (`npm run dev -w web`); no part of the build. */
export function mockedApi(): Plugin {
  return {
    name: 'mocked-api',
    apply: 'serve',
    configureServer(server) {
      const answer = mockApi();
      server.middlewares.use((request, response, next) => {
        answer(request, response).then((answered) => (answered ? undefined : next()), next);
      });
    },
  };
}
