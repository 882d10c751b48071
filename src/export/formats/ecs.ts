/** Elastic Common Schema 9.4 (https://www.elastic.co/docs/reference/ecs); what it has no field for stands under `chaperone`. */
import type { ToldEvent, Verb } from '../told-event.ts';
import { type Format, formatted } from './format.ts';

export const ECS_VERSION = '9.4.0';

export const ecs: Format = (told, { version }) => [formatted(told, documentOf(told, version))];

function documentOf(told: ToldEvent, version: string): object {
  const { subject, source, target, verdict, trace, code, detail } = told;
  return {
    '@timestamp': new Date(told.atMs).toISOString(),
    ecs: { version: ECS_VERSION },
    message: told.message,
    event: eventOf(told),
    observer: { vendor: 'Chaperone', product: 'Chaperone', type: 'gateway', version, name: told.origin },
    user: { id: subject.id, ...(subject.name !== undefined && { name: subject.name }) },
    related: { user: [subject.id, ...(subject.name === undefined ? [] : [subject.name])], hash: [told.leaf] },
    source: { address: source.address ?? source.id, ...addressOf(source) },
    ...(target && { service: { name: target.name, ...(target.protocol !== '' && { type: target.protocol }) } }),
    ...(verdict?.rules[0] !== undefined && {
      rule: { name: verdict.rules[0], ...(verdict.policy !== undefined && { ruleset: verdict.policy }) },
    }),
    ...(trace && { trace: { id: trace.traceId }, ...(trace.spanId !== '' && { span: { id: trace.spanId } }) }),
    ...(told.outcome === 'failure' && {
      error: { ...(code !== undefined && { code }), ...(detail !== undefined && { message: detail }) },
    }),
    ...(subject.kind === 'workload' &&
      told.run !== undefined && {
        gen_ai: { agent: { id: told.run, ...(told.agent !== undefined && { name: told.agent }) } },
      }),
    chaperone: ownOf(told),
  };
}

function addressOf({ address, port }: ToldEvent['source']): object {
  return { ...(address !== undefined && { ip: address }), ...(port !== undefined && { port }) };
}

const NUMBERS = { info: 1, low: 3, medium: 5, high: 8 } as const;

function eventOf(told: ToldEvent): object {
  const { categories, types } = kindOf(told);
  const end = told.durationMs === undefined ? undefined : (told.startMs ?? told.atMs) + told.durationMs;
  return {
    id: `${told.origin}/${told.id}`,
    kind: told.verdict?.refusal === undefined ? 'event' : 'alert',
    module: 'chaperone',
    dataset: `chaperone.${told.family}`,
    provider: 'chaperone',
    category: categories,
    type: types,
    action: told.action,
    outcome: told.outcome,
    code: told.kind,
    severity: NUMBERS[told.severity],
    sequence: told.index,
    hash: told.leaf,
    ...(told.detail !== undefined && { reason: told.detail }),
    ...(told.startMs !== undefined && { start: new Date(told.startMs).toISOString() }),
    ...(end !== undefined && { end: new Date(end).toISOString() }),
    ...(told.durationMs !== undefined && { duration: told.durationMs * 1_000_000 }),
  };
}

interface Kind {
  readonly categories: readonly string[];
  readonly types: readonly string[];
}

/** Categories and types that the schema expects together. */
function kindOf({ family, verb, verdict, outcome }: ToldEvent): Kind {
  switch (family) {
    case 'authentication':
      return { categories: ['authentication', 'session'], types: [verb === 'logoff' ? 'end' : 'start'] };
    case 'authorization':
      return { categories: ['session'], types: ['start'] };
    case 'entity':
      return { categories: ['configuration'], types: [CHANGES[verb] ?? 'info'] };
    case 'api':
      return { categories: ['api'], types: [CHANGES[verb] ?? 'info'] };
    case 'access': {
      if (verb === 'disconnect') return { categories: ['session'], types: ['end'] };
      const isRead = verb === 'read' || verb === 'query' || verb === 'other';
      if (verdict?.disposition === 'blocked')
        return { categories: ['api', 'database'], types: [isRead ? 'access' : 'change', 'denied'] };
      const types = [isRead ? 'access' : 'change', ...(outcome === 'failure' ? ['error'] : [])];
      return { categories: ['database'], types };
    }
    default:
      return family satisfies never;
  }
}

const CHANGES: Readonly<Partial<Record<Verb, string>>> = {
  create: 'creation',
  write: 'change',
  update: 'change',
  activate: 'change',
  delete: 'deletion',
  read: 'access',
  query: 'access',
};

function ownOf({ run, session, verdict, entity, tables, statements, more, leaf, prev }: ToldEvent): object {
  return {
    ...(run !== undefined && { run }),
    ...(session !== undefined && { session }),
    ...(verdict && { verdict }),
    ...(entity && { entity }),
    ...(tables.length > 0 && { tables }),
    ...(statements && { statements }),
    integrity: { leaf, ...(prev !== undefined && { prev }) },
    details: more,
  };
}
