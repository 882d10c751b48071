import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { LIMITS } from '../model/limits.ts';
import { RateLimit } from '../wire/rate-limit.ts';
import { approvalRoutes } from './approvals.ts';
import { attachRoutes } from './attach.ts';
import { auditPackRoutes } from './audit-packs.ts';
import { authorizationServerRoutes } from './authorization-server.ts';
import { beforeRoutes } from './before-routes.ts';
import { budgetRoutes } from './budgets.ts';
import { carrierRoutes } from './carrier.ts';
import { channelRoutes } from './channels.ts';
import { classifyRoute } from './classify-route.ts';
import { configurationRoutes } from './configuration.ts';
import { configurationObjectRoutes } from './configuration-objects.ts';
import { definitionRoutes } from './definitions.ts';
import { deliveryRoutes } from './deliveries.ts';
import { deviceLoginRoutes } from './device-login.ts';
import { erasureRoutes } from './erasures.ts';
import { eventRoutes } from './events.ts';
import { evidenceRoutes } from './evidence.ts';
import { exportRoutes } from './exports.ts';
import { gatewayRoutes } from './gateway.ts';
import { grantRoutes } from './grants.ts';
import { holdRoutes } from './holds.ts';
import { hostKeyRoutes } from './host-keys.ts';
import { logRoutes } from './log.ts';
import { loginRoutes } from './login.ts';
import { metricRoutes } from './metrics.ts';
import { NotFound } from './not-found.ts';
import { completeDocument } from './open-api-details.ts';
import { openApiDocument } from './open-api-document.ts';
import { operatorTokenRoutes } from './operator-tokens.ts';
import { overviewRoutes } from './overview.ts';
import { peopleRoutes } from './people.ts';
import { policyRoutes } from './policies.ts';
import { policyTrialRoutes } from './policy-trials.ts';
import { handleProblems, sendProblem } from './problem.ts';
import { retentionRoutes } from './retention.ts';
import { runServerRoutes } from './run-servers.ts';
import { runRoutes } from './runs.ts';
import { schemaRoutes } from './schemas.ts';
import { secureHeaders } from './security-headers.ts';
import type { ApiServices } from './services.ts';
import { sessionRecordRoutes } from './session-records.ts';
import { sessionRoutes } from './sessions.ts';
import { slackRoutes } from './slack.ts';
import { statementRoutes } from './statements.ts';
import { targetRoutes } from './targets.ts';
import { tokenRoutes } from './token.ts';
import { trustCheckRoutes } from './trust-check.ts';
import { isUpgrade, Upgrades } from './upgrades.ts';
import { isWebRequest, webFiles } from './web-files.ts';

export interface ApiOptions {
  /** PEM; plain HTTP where absent, which only a loopback address may use. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly onFault: (fault: unknown, client: string) => void;
  /** Where the built web UI is; pages say how to build it where absent. */
  readonly webDirectory?: string;
}

export type Api = FastifyInstance;

/** A route file adds its resource to this: typed by zod, errors as problems, one limit of rate and size for all. */
export type ApiRouter = ReturnType<typeof withTypes>;

/** The REST API, not yet listening. The routes' schemas are the OpenAPI document at /openapi.json. */
export async function buildApi(services: ApiServices, options: ApiOptions): Promise<Api> {
  const app = Fastify({
    logger: false,
    bodyLimit: LIMITS.apiMaxBodyBytes,
    requestTimeout: LIMITS.apiRequestDeadlineMs,
    forceCloseConnections: true,
    ...beforeRoutes,
    ...serverOptions(options),
  }) as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const upgrades = new Upgrades(app);
  const notFound = new NotFound(app);
  handleProblems(app, options.onFault);
  limitRate(app, services.nowMs);
  acceptForms(app);
  secureHeaders(app, () => services.info.url);
  await app.register(cookie);
  await app.register(swagger, {
    openapi: openApiDocument(services.info),
    transform: jsonSchemaTransform,
    transformObject: completeDocument,
  });
  await app.register((scope, _options, done) => {
    const router = withTypes(scope);
    for (const add of ROUTES) add(router, services, upgrades);
    scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    done();
  });
  notFound.handle(app, await webFiles(app, options.webDirectory));
  return app;
}

const ROUTES: readonly ((router: ApiRouter, services: ApiServices, upgrades: Upgrades) => void)[] = [
  gatewayRoutes,
  overviewRoutes,
  tokenRoutes,
  authorizationServerRoutes,
  runRoutes,
  evidenceRoutes,
  auditPackRoutes,
  attachRoutes,
  carrierRoutes,
  runServerRoutes,
  targetRoutes,
  hostKeyRoutes,
  classifyRoute,
  definitionRoutes,
  configurationRoutes,
  configurationObjectRoutes,
  grantRoutes,
  budgetRoutes,
  operatorTokenRoutes,
  loginRoutes,
  deviceLoginRoutes,
  peopleRoutes,
  approvalRoutes,
  sessionRoutes,
  sessionRecordRoutes,
  statementRoutes,
  eventRoutes,
  policyRoutes,
  policyTrialRoutes,
  schemaRoutes,
  trustCheckRoutes,
  logRoutes,
  channelRoutes,
  deliveryRoutes,
  exportRoutes,
  metricRoutes,
  slackRoutes,
  erasureRoutes,
  holdRoutes,
  retentionRoutes,
];

function serverOptions({ tls }: ApiOptions) {
  const common = { shouldUpgradeCallback: isUpgrade };
  if (tls === undefined) return { http: common };
  return { https: { ...common, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' as const } };
}

function withTypes(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}

function limitRate(app: FastifyInstance, nowMs: () => number): void {
  const maxAddresses = LIMITS.apiAddressesRemembered;
  const calls = new RateLimit({ perSecond: LIMITS.apiRequestsPerSecond, burst: LIMITS.apiRequestBurst, maxAddresses });
  // A page loads many files at once; they cost little and are counted apart.
  const files = new RateLimit({ perSecond: LIMITS.apiFilesPerSecond, burst: LIMITS.apiFileBurst, maxAddresses });
  const carriers = new RateLimit({ perSecond: LIMITS.carriersPerSecond, burst: LIMITS.carrierBurst, maxAddresses });
  app.addHook('onRequest', (request, reply, done) => {
    const kind = isUpgrade(request.raw) ? carriers : isWebRequest(request) ? files : calls;
    const seconds = kind.take(request.ip, nowMs());
    if (seconds === 0) return done();
    reply.header('retry-after', seconds);
    sendProblem(reply, { type: 'about:blank', title: 'Too many requests', status: 429, code: 'rate-limited' });
  });
}

/** RFC 8693 speaks in forms. A parameter given twice becomes a list, which no schema of ours takes for a string. */
function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const fields = new Map<string, string | string[]>();
    for (const [name, value] of new URLSearchParams(String(body))) {
      const before = fields.get(name);
      fields.set(name, before === undefined ? value : [before, value].flat());
    }
    done(null, Object.fromEntries(fields));
  });
}
