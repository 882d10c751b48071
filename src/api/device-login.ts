import { z } from 'zod';
import { isPlain } from '../identity/read-claims.ts';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import { type Caller, noteAction, requireCaller } from './caller.ts';
import { CODE_RATES, Door, LOGIN_RATES } from './door.ts';
import { invalidOauthRequest } from './oauth-errors.ts';
import { HttpProblem, problemResponses } from './problem.ts';
import type { ApiRouter } from './server.ts';
import type { ApiServices } from './services.ts';

const tags = ['login'];
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

export const deviceSchema = z.object({
  userCode: z.string(),
  name: z.string().describe('What the device says of itself.'),
  requestedAt: z.string(),
  from: z.string(),
  state: z.enum(['pending', 'approved', 'denied', 'expired']),
});

const begunSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number().int(),
  interval: z.number().int(),
});

const tokenSchema = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
});
const errorSchema = z.object({
  error: z.enum([
    'authorization_pending',
    'slow_down',
    'access_denied',
    'expired_token',
    'invalid_request',
    'unsupported_grant_type',
    'temporarily_unavailable',
  ]),
  error_description: z.string().optional(),
});

/** A program that logs a person in without a browser of its own: the device authorization grant (RFC 8628). */
export function deviceLoginRoutes(router: ApiRouter, services: ApiServices): void {
  programRoutes(router, services);
  personRoutes(router, services);
}

function programRoutes(router: ApiRouter, services: ApiServices): void {
  const [starts, polls] = [new Door(LOGIN_RATES), new Door({ ...LOGIN_RATES, perSecond: 1, burst: 60 })];
  const { devices } = services.logins;

  const body = z.object({ name: z.string().trim().refine(isPlain, 'a name is 1 to 200 characters that can be seen') });
  const begun = { 200: begunSchema, 503: errorSchema, ...problemResponses };
  router.post(
    '/v1/login/device',
    {
      schema: {
        tags,
        summary: 'Begin the login of a device',
        description: 'RFC 8628, 3.1: for a command line. A person confirms the code in a browser.',
        body,
        response: begun,
      },
    },
    async (request, reply) => {
      starts.pass(request, reply, services.nowMs());
      const begin = await devices.begin({ name: request.body.name, address: request.ip });
      if (!begin) return reply.code(503).send({ error: 'temporarily_unavailable' });
      const page = `${services.info.url}/device`;
      return reply.send({
        device_code: begin.deviceCode.reveal(),
        user_code: begin.userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?code=${begin.userCode}`,
        expires_in: LIMITS.deviceLoginMs / 1000,
        interval: LIMITS.devicePollMs / 1000,
      });
    },
  );

  const asked = z.object({ grant_type: z.literal(DEVICE_CODE), device_code: z.string().max(100) });
  const answers = { 200: tokenSchema, 400: errorSchema, ...problemResponses };
  router.post(
    '/v1/login/device/token',
    {
      schema: {
        tags,
        summary: 'Ask for the token of a device',
        description: 'RFC 8628, 3.4: `authorization_pending` until a person has confirmed.',
        body: asked,
        response: answers,
      },
      attachValidation: true,
    },
    async (request, reply) => {
      polls.pass(request, reply, services.nowMs());
      if (request.validationError) {
        return reply
          .code(400)
          .send(invalidOauthRequest(request.body, [DEVICE_CODE], request.validationError.validation));
      }
      const polled = await devices.poll(new Secret(request.body.device_code));
      if (polled.kind !== 'token') return reply.code(400).send({ error: polled.kind });
      const { token, expiresInSeconds } = polled;
      return reply.code(200).send({ access_token: token.reveal(), token_type: 'Bearer', expires_in: expiresInSeconds });
    },
  );
}

function personRoutes(router: ApiRouter, services: ApiServices): void {
  const door = new Door(CODE_RATES);
  const { devices } = services.logins;
  const params = z.object({ userCode: z.string().max(30) });
  const response = { 200: deviceSchema, ...problemResponses };

  router.get(
    '/v1/login/device/:userCode',
    {
      schema: {
        tags,
        summary: 'Show the login of a device',
        description: 'To the person who is to confirm it.',
        params,
        response,
      },
    },
    async (request, reply) => {
      const { person } = await personInBrowser(requireCaller(request, services));
      door.pass(request, reply, services.nowMs(), person.id);
      const device = await devices.find(request.params.userCode);
      if (!device) throw noSuchCode();
      return device;
    },
  );

  const body = z.strictObject({ answer: z.enum(['approve', 'deny']) });
  const schema = {
    tags,
    summary: 'Answer the login of a device',
    description: 'By a person, in a browser.',
    params,
    body,
    response,
  };
  router.post('/v1/login/device/:userCode', { schema }, async (request, reply) => {
    const caller = await personInBrowser(requireCaller(request, services));
    door.pass(request, reply, services.nowMs(), caller.person.id);
    const { userCode } = request.params;
    const waiting = await devices.find(userCode);
    if (waiting?.state !== 'pending') throw noSuchCode();
    await noteAction(services, caller, `login.device.${request.body.answer}`);
    const device = await devices.decide(userCode, request.body.answer, caller.person.id);
    if (!device) throw noSuchCode();
    return device;
  });
}

/** A token lets no further token in. */
async function personInBrowser(asked: Promise<Caller>) {
  const caller = await asked;
  const { kind, person } = caller;
  if (kind === 'person' && person) return { ...caller, person };
  throw new HttpProblem(403, 'This is for people in their browsers');
}

function noSuchCode(): HttpProblem {
  return new HttpProblem(404, 'No device waits under this code', {
    hint: 'Codes are good for ten minutes, and once. `chaperone login` shows another.',
  });
}
