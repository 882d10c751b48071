import type { IncomingMessage } from 'node:http';
import type {
  ConfigurationObject,
  ConfigurationPlan,
  PolicyCheck,
  PolicyExplanation,
  PolicyTrial,
  TargetCheck,
  TrustCheck,
} from '../src/api/types.ts';
import { CLASSIFICATION } from './classification-world.ts';
import { TARGETS } from './configuration-world.ts';
import { Answered, type Asked, type Route, route } from './route.ts';
import { tell, type World } from './world.ts';

/** Targets, policies, trust rules: what `chaperone apply` makes. */
export function configurationRoutes(world: World): readonly Route[] {
  return [
    route('GET', '/v1/targets', () => ({ targets: TARGETS })),
    route('POST', '/v1/targets/:target/check', ({ parts: [target = ''] }) => checkOf(target)),
    route('POST', '/v1/targets/:target/classify', () => CLASSIFICATION),
    route('GET', '/v1/configuration', ({ query }) => ({
      objects: world.configuration.filter(({ kind }) => query.get('kind') === null || kind === query.get('kind')),
    })),
    route('GET', '/v1/configuration/:kind/:name', ({ parts: [kind, name], response }) => {
      const object = find(world, kind, name);
      if (object === undefined) throw new Answered(404, 'There is no such object');
      response.setHeader('etag', object.etag);
      return object;
    }),
    route('PUT', '/v1/configuration/:kind/:name', (asked) => put(world, asked)),
    route('DELETE', '/v1/configuration/:kind/:name', (asked) => remove(world, asked)),
    route('POST', '/v1/policies/check', ({ body }) =>
      checkPolicies((body as { files: { name: string; text: string }[] }).files),
    ),
    route('POST', '/v1/policies/try', ({ body }) => tryPolicy(world, (body as { text: string }).text)),
    route('POST', '/v1/policies/explain', ({ body }) =>
      explainStatement(body as { statement: string; target: string }),
    ),
    route('POST', '/v1/trust/check', (): TrustCheck => TRUST_CHECK),
  ];
}

function find(world: World, kind: string | undefined, name: string | undefined): ConfigurationObject | undefined {
  return world.configuration.find((each) => each.kind === kind && each.name === name);
}

async function put(
  world: World,
  { parts: [kind, name = ''], query, body, request, response }: Asked,
): Promise<unknown> {
  const { text } = body as { text: string };
  const before = matching(world, kind, name, request);
  if (kind === 'policy') {
    const { problems } = await checkPolicies([{ name, text }]);
    const [problem] = problems;
    if (problem !== undefined) {
      throw new Answered(422, 'The configuration is not valid', {
        detail: `${name}:${problem.line}: ${problem.message}`,
      });
    }
  }
  if (query.get('plan') === 'true')
    return planOf(before === undefined ? 'create' : 'update', kind ?? '', name, before?.text === text);
  const etag = `"${Number(before?.etag.slice(1, -1) ?? 0) + 1}"`;
  const object: ConfigurationObject = {
    kind: kind as ConfigurationObject['kind'],
    name,
    text,
    updatedAt: new Date().toISOString(),
    etag,
  };
  if (before !== undefined) world.configuration.splice(world.configuration.indexOf(before), 1);
  world.configuration.push(object);
  response.setHeader('etag', etag);
  tell(world, { type: 'configuration' });
  return object;
}

function remove(world: World, { parts: [kind, name = ''], query, request }: Asked): ConfigurationPlan | undefined {
  const before = matching(world, kind, name, request);
  if (before === undefined) throw new Answered(404, 'There is no such object');
  if (query.get('plan') === 'true') return planOf('delete', kind ?? '', name, false);
  world.configuration.splice(world.configuration.indexOf(before), 1);
  tell(world, { type: 'configuration' });
  return undefined;
}

/** What is there, where the request's conditions hold. */
function matching(world: World, kind: string | undefined, name: string, request: IncomingMessage) {
  const object = find(world, kind, name);
  const isNew = request.headers['if-none-match'] === '*';
  if (isNew ? object !== undefined : request.headers['if-match'] !== object?.etag) {
    throw new Answered(412, 'Somebody else changed this meanwhile', { code: 'conflict' });
  }
  return object;
}

function planOf(action: 'create' | 'update' | 'delete', kind: string, name: string, same: boolean): ConfigurationPlan {
  return {
    digest: '0'.repeat(64),
    changes: same ? [] : [{ action, kind, name, details: action === 'update' ? ['its text differs'] : [] }],
  };
}

async function checkPolicies(files: readonly { name: string; text: string }[]): Promise<PolicyCheck> {
  const path = new URL('../../src/policy/parse-policies.ts', import.meta.url).href;
  const { parsePolicies } = (await import(
    /* @vite-ignore */ path
  )) as typeof import('../../src/policy/parse-policies.ts');
  const { policies, problems } = parsePolicies(files.map(({ name, text }) => ({ path: name, text })));
  return {
    ok: problems.length === 0,
    problems: problems.map(({ path: file, line, message }) => ({ file, line, message })),
    policies: policies.map(({ name, effect }) => ({ name, effect })),
  };
}

/** As a gateway would say it of a read of customers; the mock has no policies that decide. */
function explainStatement({ statement, target }: { statement: string; target: string }): PolicyExplanation {
  return {
    effect: 'permit',
    rules: ['agents read, masked'],
    obligations: ['mask email, phone'],
    operations: [
      {
        name: 'select on public.customers',
        outcome: 'permit',
        facts: [
          'read, lock access-share',
          'shows: public.customers.id, public.customers.email',
          'reads email (classes)',
        ],
        rules: [
          { name: 'agents read, masked', effect: 'permit', result: 'matched' },
          { name: 'never drop in production', effect: 'deny', result: 'not-matched', why: 'the rule is about drop' },
        ],
      },
    ],
    results: [
      [{ name: 'id' }, { name: 'email', mask: { kind: 'partial', class: 'email', name: 'public.customers.email' } }],
    ],
    detectors: ['email', 'phone'],
    target,
    principal: 'asked',
    at: new Date().toISOString(),
    text: statement,
    analysis: 'catalogue',
  };
}

function tryPolicy({ statements }: World, text: string): PolicyTrial {
  const recent = statements.slice(0, 200);
  const denies = /effect:\s*deny/.test(text);
  const changed = recent.filter(({ decision }) => denies && decision === 'permit').slice(0, 4);
  return {
    looked: recent.length,
    same: recent.length - changed.length,
    changed: changed.map((statement) => ({ statement, before: 'permit', after: 'deny' })),
    problems: [],
  };
}

function checkOf(target: string): TargetCheck {
  const good = target === 'shop';
  return {
    target,
    ok: good,
    steps: [
      { step: 'credential', status: 'ok', detail: 'opened, for the user chaperone' },
      good
        ? { step: 'address', status: 'ok', detail: 'db.shop.internal:5432 answers' }
        : {
            step: 'address',
            status: 'failed',
            detail: 'connect ECONNREFUSED 10.0.4.17:5432',
            hint: 'Can this machine reach wh.internal:5432? Check the address, the port, the firewall.',
          },
      { step: 'tls', status: good ? 'ok' : 'skipped', detail: good ? 'verify-full' : 'not tried' },
      { step: 'login', status: good ? 'ok' : 'skipped', detail: good ? 'logged in as chaperone' : 'not tried' },
    ],
  };
}

const TRUST_CHECK: TrustCheck = {
  ok: true,
  issuer: 'github',
  steps: [
    { name: 'form', outcome: 'passed', detail: 'signed with RS256, by the key RS256-1' },
    { name: 'issuer', outcome: 'passed', detail: 'github, of kind github' },
    { name: 'keys', outcome: 'passed', detail: 'the key set with SHA-256 9b2f' },
    { name: 'signature', outcome: 'passed', detail: 'verifies' },
    { name: 'audience', outcome: 'passed', detail: 'https://chaperone.internal' },
    { name: 'times', outcome: 'passed', detail: 'issued 4 s ago, expires 2026-03-02T09:05:00.000Z' },
    { name: 'claims', outcome: 'passed', detail: 'all are there; unknown and not read: shiny_new' },
    { name: 'traps', outcome: 'passed', detail: 'none; the token names its run' },
    { name: 'rules', outcome: 'passed', detail: 'shop-ci' },
    { name: 'use', outcome: 'passed', detail: 'not exchanged before, nor by this check' },
  ],
  claims: [
    { name: 'sourceRepositoryId', value: '74', class: 'verified' },
    { name: 'sourceRef', value: 'refs/heads/main', class: 'verified' },
    { name: 'actor', value: 'octavia', class: 'verified' },
    { name: 'sourceRepositoryUri', value: 'https://github.com/acme/store', class: 'derived' },
  ],
  unknownClaims: ['shiny_new'],
  targets: ['shop'],
  rules: [
    {
      name: 'shop-ci',
      matches: true,
      note: 'the rule calls it acme/shop, and it is acme/store now',
    },
    { name: 'shop-release', matches: false, why: 'sourceRef is refs/heads/main, not refs/heads/release/*' },
  ],
};
