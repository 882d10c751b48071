import type { LiveEvent, Overview } from '../src/api/types.ts';
import { waitingDefinitions } from './definitions.ts';
import { type Route, route } from './route.ts';
import { ago, dice, HOUR, MINUTE, type World } from './world.ts';

export function gatewayRoutes(world: World): readonly Route[] {
  return [
    route('GET', '/v1/gateway', () => ({
      version: '0.1.0',
      demo: true,
      audience: 'chaperone',
      url: 'https://chaperone.example.com',
    })),
    route('GET', '/v1/overview', () => overview(world)),
    route('GET', '/v1/events', ({ request, response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      const follow = (event: LiveEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`);
      world.followers.add(follow);
      request.on('close', () => world.followers.delete(follow));
    }),
    route('GET', '/openapi.json', () => OPENAPI),
  ];
}

function overview(world: World): Overview {
  const roll = dice(3);
  const pending = world.approvals.filter(({ state }) => state === 'pending');
  const hours = Array.from({ length: 24 }, (_, index) => {
    const busy = Math.max(0.1, Math.sin(((index + 3) / 24) * Math.PI));
    return {
      at: ago(world.now - (world.now % HOUR), (23 - index) * HOUR),
      sessions: Math.round(busy * 14 * roll()),
      permitted: Math.round(busy * 420 * (0.5 + roll() / 2)),
      denied: roll() < 0.4 ? Math.round(roll() * 6) : 0,
      masked: Math.round(busy * 90 * roll()),
    };
  });
  return {
    at: new Date().toISOString(),
    liveSessions: world.sessions.filter(({ live }) => live).length,
    waitingForMe: pending.filter(({ mine }) => mine).length,
    waiting: pending.length,
    definitionsWaiting: waitingDefinitions(world),
    today: { runs: 12, sessions: 31, permitted: 4210, denied: 9, masked: 872, approvals: 5 },
    hours,
    log: {
      origin: 'chaperone.example.com/log',
      size: 48_211,
      checkpointAt: ago(Date.now(), MINUTE / 2),
      ok: true,
      signing: { place: 'vault transit/chaperone-log', durable: 48_213, signed: 48_211 },
      witnessed: { size: 48_190, at: ago(Date.now(), MINUTE) },
      openAlarms: 0,
      stopped: false,
      verified: { at: ago(world.now, 9 * HOUR), verdict: 'PASS', by: 'marta' },
    },
  };
}

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Chaperone', version: '0.1.0', description: 'The REST API of a gateway.' },
  paths: {
    '/v1/approvals': {
      get: {
        summary: 'Lists approvals, the newest first',
        tags: ['approvals'],
        parameters: [
          {
            in: 'query',
            name: 'state',
            schema: { type: 'string', enum: ['pending', 'approved', 'denied', 'expired', 'cancelled'] },
          },
          { in: 'query', name: 'mine', schema: { type: 'boolean' }, description: 'Only what the caller can answer.' },
        ],
        responses: {
          200: {
            description: 'A page of approvals',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    items: {
                      type: 'array',
                      items: {
                        type: 'object',
                        properties: { id: { type: 'string' }, state: { type: 'string' } },
                        required: ['id', 'state'],
                      },
                    },
                    next: { type: 'string' },
                  },
                  required: ['items'],
                },
              },
            },
          },
        },
      },
    },
    '/v1/approvals/{approval}/answer': {
      post: {
        summary: 'Answers an approval',
        tags: ['approvals'],
        parameters: [{ in: 'path', name: 'approval', required: true, schema: { type: 'string' } }],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: {
                  answer: { type: 'string', enum: ['approve', 'deny'] },
                  digest: { type: 'string', description: 'SHA-256 of what is answered, hex.' },
                  reason: { type: 'string', maxLength: 1000 },
                },
                required: ['answer', 'digest'],
              },
            },
          },
        },
        responses: { 200: { description: 'How it stands now' }, 409: { description: 'It was decided before' } },
      },
    },
    '/v1/me': {
      get: { summary: 'Who is asking', tags: ['people'], responses: { 200: { description: 'The caller' } } },
    },
  },
};
