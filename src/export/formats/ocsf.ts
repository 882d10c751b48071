/** OCSF 1.9 (https://schema.ocsf.io): a class and an activity for each event, and a finding for what was refused. */
import { isSecurityRefusal } from '../security-refusals.ts';
import type { ToldEvent, Verb } from '../told-event.ts';
import { type Format, type FormatContext, formatted } from './format.ts';
import { actor, aiAgent, attestations, authorizations, policy, source, target, user } from './ocsf-objects.ts';

export const OCSF_VERSION = '1.9.0';

export const ocsf: Format = (told, context) => {
  const event = formatted(told, eventOf(told, context));
  const refused = told.verdict?.refusal;
  if (refused === undefined || !isSecurityRefusal(refused)) return [event];
  return [event, formatted(told, findingOf(told, refused, context), '#finding')];
};

interface Class {
  readonly category: readonly [uid: number, name: string];
  readonly uid: number;
  readonly name: string;
  readonly activities: Readonly<Partial<Record<Verb, readonly [id: number, name: string]>>>;
}

const IAM = [3, 'Identity & Access Management'] as const;
const APPLICATION = [6, 'Application Activity'] as const;

const AUTHENTICATION: Class = {
  category: IAM,
  uid: 3002,
  name: 'Authentication',
  activities: { logon: [1, 'Logon'], logoff: [2, 'Logoff'] },
};
const AUTHORIZE_SESSION: Class = {
  category: IAM,
  uid: 3003,
  name: 'Authorize Session',
  activities: { connect: [1, 'Assign Privileges'] },
};
const ENTITY: Class = {
  category: IAM,
  uid: 3004,
  name: 'Entity Management',
  activities: {
    create: [1, 'Create'],
    read: [2, 'Read'],
    update: [3, 'Update'],
    delete: [4, 'Delete'],
    activate: [10, 'Activate'],
  },
};
const DATASTORE: Class = {
  category: APPLICATION,
  uid: 6005,
  name: 'Datastore Activity',
  activities: {
    read: [1, 'Read'],
    update: [2, 'Update'],
    connect: [3, 'Connect'],
    query: [4, 'Query'],
    write: [5, 'Write'],
    create: [6, 'Create'],
    delete: [7, 'Delete'],
  },
};
const API: Class = {
  category: APPLICATION,
  uid: 6003,
  name: 'API Activity',
  activities: { create: [1, 'Create'], read: [2, 'Read'], update: [3, 'Update'], delete: [4, 'Delete'] },
};
const FINDING: Class = {
  category: [2, 'Findings'],
  uid: 2004,
  name: 'Detection Finding',
  activities: { create: [1, 'Create'] },
};

/** Protocols whose targets hold data; a request to any other is an API call. */
const DATASTORES: ReadonlySet<string> = new Set(['postgres', 'mysql', 'redis', 'mongodb']);

function classOf({ family, target: entered }: ToldEvent): Class {
  switch (family) {
    case 'authentication':
      return AUTHENTICATION;
    case 'authorization':
      return AUTHORIZE_SESSION;
    case 'entity':
      return ENTITY;
    case 'api':
      return API;
    case 'access':
      return entered === undefined || DATASTORES.has(entered.protocol) ? DATASTORE : API;
    default:
      return family satisfies never;
  }
}

function eventOf(told: ToldEvent, context: FormatContext): object {
  const kind = classOf(told);
  return { ...baseOf(told, kind, told.verb, context), ...control(told), ...ownOf(told, kind) };
}

/** What belongs to the class alone. */
function ownOf(told: ToldEvent, kind: Class): object {
  switch (kind) {
    case AUTHENTICATION:
      return {
        user: user(told.subject),
        service: { name: 'Chaperone', uid: told.origin },
        auth_protocol: 'OpenID',
        auth_protocol_id: 4,
        is_remote: true,
        ...(told.run !== undefined && { session: { uid: told.run } }),
      };
    case AUTHORIZE_SESSION:
      return {
        user: user(told.subject),
        session: { uid: told.session, ...(told.subject.issuer !== undefined && { issuer: told.subject.issuer }) },
        privileges: [`enter ${told.target?.name ?? ''}`],
        dst_endpoint: target(told),
      };
    case ENTITY:
      return { actor: actor(told), entity: told.entity ?? { name: told.kind } };
    case API:
      return { actor: actor(told), api: { operation: told.action }, src_endpoint: source(told) };
    default:
      return datastore(told);
  }
}

function datastore(told: ToldEvent): object {
  const { target: entered, tables, statements } = told;
  return {
    actor: actor(told),
    src_endpoint: source(told),
    dst_endpoint: target(told),
    database: {
      name: entered?.database ?? entered?.name ?? 'unknown',
      uid: entered?.name ?? 'unknown',
      ...databaseType(entered?.protocol),
    },
    type: 'Database',
    type_id: 1,
    ...(tables[0] !== undefined && { table: { name: tables[0] } }),
    ...(statements && {
      query_info: { uid: `${told.session}/${told.exchange}`, query_string: statements.join('; ') },
    }),
  };
}

function databaseType(protocol = ''): { readonly type: string; readonly type_id: number } {
  if (protocol === 'postgres' || protocol === 'mysql') return { type: 'Relational', type_id: 1 };
  return protocol === 'redis' || protocol === 'mongodb'
    ? { type: 'NoSQL', type_id: 6 }
    : { type: 'Unknown', type_id: 0 };
}

function findingOf(told: ToldEvent, refused: string, context: FormatContext): object {
  return {
    ...baseOf(told, FINDING, 'create', context, '#finding'),
    ...control(told),
    is_alert: true,
    finding_info: {
      uid: `${told.origin}/${told.id}#finding`,
      title: `Refused: ${refused}`,
      desc: told.detail ?? told.message,
      types: [refused],
      created_time: told.atMs,
      data_sources: ['Chaperone'],
    },
    evidences: [
      { uid: `${told.origin}/${told.id}`, actor: actor(told), src_endpoint: source(told), dst_endpoint: target(told) },
    ],
    resources: [{ name: told.target?.name ?? 'unknown', type: told.target?.protocol ?? 'unknown' }],
  };
}

const SEVERITIES = { info: [1, 'Informational'], low: [2, 'Low'], medium: [3, 'Medium'], high: [4, 'High'] } as const;
const STATUSES = { success: [1, 'Success'], failure: [2, 'Failure'], unknown: [0, 'Unknown'] } as const;

function baseOf(told: ToldEvent, kind: Class, verb: Verb, { version }: FormatContext, part = ''): object {
  const [activityId, activityName] = kind.activities[verb] ?? [99, told.action];
  const [severityId, severity] = SEVERITIES[told.severity];
  const [statusId, status] = STATUSES[told.outcome];
  const agent = aiAgent(told);
  const profiles = [
    'record_integrity',
    ...(told.verdict ? ['security_control'] : []),
    ...(agent ? ['ai_operation'] : []),
    ...(told.trace ? ['trace'] : []),
  ];
  const unmapped = { ...told.more, ...(told.tables.length > 1 && { tables: told.tables }) };
  return {
    category_uid: kind.category[0],
    category_name: kind.category[1],
    class_uid: kind.uid,
    class_name: kind.name,
    activity_id: activityId,
    activity_name: activityName,
    type_uid: kind.uid * 100 + activityId,
    time: told.atMs,
    severity_id: severityId,
    severity,
    status_id: statusId,
    status,
    ...(told.code !== undefined && { status_code: told.code }),
    ...(told.detail !== undefined && { status_detail: told.detail }),
    message: told.message,
    metadata: {
      version: OCSF_VERSION,
      uid: `${told.origin}/${told.id}${part}`,
      event_code: told.kind,
      product: { name: 'Chaperone', vendor_name: 'Chaperone', version },
      log_name: told.origin,
      log_provider: 'Chaperone',
      sequence: told.index,
      profiles,
      ...(told.run !== undefined && { correlation_uid: told.run }),
    },
    attestation_list: attestations(told),
    ...(agent && { ai_agent: agent }),
    ...(told.trace && { trace: traceOf(told) }),
    unmapped,
  };
}

function traceOf({ trace, startMs, durationMs = 0, atMs }: ToldEvent): object {
  const { traceId = '', spanId = '' } = trace ?? {};
  if (spanId === '') return { uid: traceId };
  const start = startMs ?? atMs;
  return { uid: traceId, span: { uid: spanId, start_time: start, end_time: start + durationMs, duration: durationMs } };
}

const ACTIONS = { allowed: [1, 'Allowed'], denied: [2, 'Denied'], modified: [4, 'Modified'] } as const;
const DISPOSITIONS = { allowed: [1, 'Allowed'], blocked: [2, 'Blocked'], approved: [8, 'Approved'] } as const;

/** The profile security_control. */
function control({ verdict }: ToldEvent): object {
  if (verdict === undefined) return {};
  const [actionId, action] = ACTIONS[verdict.action];
  const [dispositionId, disposition] = DISPOSITIONS[verdict.disposition];
  return {
    action_id: actionId,
    action,
    disposition_id: dispositionId,
    disposition,
    is_alert: verdict.refusal !== undefined && isSecurityRefusal(verdict.refusal),
    authorizations: authorizations(verdict),
    ...policy(verdict),
  };
}
