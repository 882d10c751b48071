import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

/**
 * Where Slack sends what people do with our messages. Open to whoever can sign as Slack does, over the bytes of the
 * body as they came; answered at once, within the three seconds that Slack waits.
 */
export function slackRoutes(router: ApiRouter, services: ApiServices): void {
  void router.register((scope, _options, done) => {
    scope.removeContentTypeParser(FORM);
    scope.addContentTypeParser(
      FORM,
      { parseAs: 'buffer', bodyLimit: LIMITS.slackBodyBytes },
      (_request, body, parsed) => parsed(null, body),
    );
    const params = z.object({ channel: z.string().max(200) });
    const schema = {
      tags: ['channels'],
      summary: 'Interactions of Slack',
      description: 'What Slack sends when somebody presses a button; signed by Slack, and by nobody else.',
      params,
      response: { 200: z.literal(''), ...problemResponses },
    };
    const routes = scope as ApiRouter;
    routes.post('/v1/channels/slack/:channel/interactions', { schema }, async (request, reply) => {
      const { body, headers } = request;
      const signature = headers['x-slack-signature'];
      const timestamp = headers['x-slack-request-timestamp'];
      if (!Buffer.isBuffer(body) || typeof signature !== 'string' || typeof timestamp !== 'string') throw notSlack();
      const taken = await services.slack.take(request.params.channel, { signature, timestamp, body });
      switch (taken) {
        case 'taken':
          return reply.code(200).send('');
        case 'not-slack':
          throw notSlack();
        case 'not-understood':
          throw new HttpProblem(400, 'This is not an interaction of Slack');
        default:
          return taken satisfies never;
      }
    });
    done();
  });
}

const FORM = 'application/x-www-form-urlencoded';

/** One answer for a channel that is none, a wrong signature, an old one, and one that was used. */
function notSlack(): HttpProblem {
  return new HttpProblem(401, 'This does not come from the Slack app of a channel here');
}
