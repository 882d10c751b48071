import type { ColumnEvidence } from '../masking/classify/sample-evidence.ts';
import { SampleMasks } from '../masking/classify/sample-masks.ts';
import { Fault } from '../model/fault.ts';
import type { SessionId } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import type { SampleOutcome, Survey, SurveyedColumn, SurveyedRelation } from '../model/survey.ts';
import type { Target } from '../model/target.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { GatewayAdmission, type GatewayParts } from './admission.ts';
import type { Admitted } from './control-plane.ts';
import { readingPolicies } from './reading-policies.ts';

/** What stands in the record in a rule's place. */
export const SURVEY_RULE = 'targets classify';

export interface SurveyedTarget {
  readonly session: SessionId;
  readonly relations: readonly SampledRelation[];
  /** False where the target has more columns than were looked at. */
  readonly complete: boolean;
}

export interface SampledRelation {
  readonly relation: SurveyedRelation;
  readonly outcome: SampleOutcome;
  /** By the column's name; a column that could not be read has none. */
  readonly evidence: ReadonlyMap<string, ColumnEvidence>;
}

export interface SurveyOptions {
  /** True where columns that are classified already are read, too. */
  readonly all?: boolean;
}

/**
 * Looks at some rows of every table of a target, in a session like a client's: admitted, decided, recorded. Its masks
 * count what they see and let no value through, so that neither the record nor anybody who asked gets one. Throws a
 * `Refused` where the session cannot be had, a `Fault` where its server goes or `signal` aborts.
 */
export async function surveyTarget<Upstream extends AsyncDisposable, Greeting>(
  protocol: Protocol<Upstream, Greeting>,
  gateway: GatewayParts,
  admitted: Admitted,
  signal: AbortSignal,
  { all = false }: SurveyOptions = {},
): Promise<SurveyedTarget> {
  const surveyOf = protocol.survey?.bind(protocol);
  if (surveyOf === undefined) {
    throw new Refused({
      code: 'protocol-unsupported',
      message: `${protocol.name} targets cannot be classified by samples`,
    });
  }
  if (gateway.draining.aborted) throw new Refused({ code: 'draining', message: 'the gateway is shutting down' });
  const startedAtMs = performance.now();
  const isLate = (): boolean => performance.now() - startedAtMs > gateway.limits.classifyMs;
  const masks = new SampleMasks();
  const client = { peer: 'chaperone', signal, onStall: () => undefined };
  const admission = new GatewayAdmission(client, protocol, gateway, () => undefined, { carrier: 'gateway' });
  const login = { parameters: { client_encoding: 'UTF8', application_name: 'chaperone classify' }, cancelKeyBytes: 4 };
  await using session = await admission.open(admitted, login, { policies: policiesOf(gateway), masks });
  try {
    const survey = surveyOf(session);
    const { relations, complete } = await survey.relations();
    const isKnown = all ? () => false : classifiedIn(admitted.target);
    const sampled: SampledRelation[] = [];
    for (const relation of relations) {
      const columns = relation.columns.filter((column) => !isKnown(relation, column));
      const asked = { ...relation, columns };
      sampled.push({ ...(await sampleOne(survey, asked, masks, isLate())), relation });
    }
    return { session: session.id, relations: sampled, complete };
  } catch (fault) {
    // What a session broke on may be told by its connection, by its signal, or by whoever read from it last.
    throw signal.aborted
      ? new Fault('deadline', 'whoever asked has gone, or it took too long', { cause: fault })
      : fault;
  }
}

async function sampleOne(
  survey: Survey,
  relation: SurveyedRelation,
  masks: SampleMasks,
  isLate: boolean,
): Promise<SampledRelation> {
  if (relation.columns.length === 0) return { relation, outcome: ALL_KNOWN, evidence: new Map() };
  if (isLate) return { relation, outcome: { status: 'not-sampled', ...TOO_LATE }, evidence: new Map() };
  const evidence = masks.begin(relation);
  const outcome = await survey.sample(relation);
  return { relation, outcome, evidence: outcome.status === 'sampled' ? evidence : new Map() };
}

/** What nobody needs to be told a second time is not read. */
function classifiedIn({ classified }: Target) {
  const known = new Set(classified.map(({ schema, table, column }) => JSON.stringify([schema, table, column])));
  return ({ schema, name }: SurveyedRelation, column: SurveyedColumn): boolean =>
    known.has(JSON.stringify([schema, name, column.name]));
}

const ALL_KNOWN: SampleOutcome = {
  status: 'not-sampled',
  code: 'classified',
  why: 'each of its columns is classified already',
};
const TOO_LATE = { code: 'deadline', why: 'the time for all tables together was over' };

/** The same set for as long as the policies in force are the same: a session compiles a set once. */
function policiesOf({ controlPlane }: GatewayParts) {
  let inForce = controlPlane.policies();
  let reading = readingPolicies(inForce, SURVEY_RULE);
  return () => {
    const now = controlPlane.policies();
    if (now !== inForce) {
      inForce = now;
      reading = readingPolicies(inForce, SURVEY_RULE);
    }
    return reading;
  };
}
