import { randomBytes } from 'node:crypto';
import type { AuditLog } from '../audit/recorder.ts';
import { SURVEY_RULE, type SurveyedTarget, type SurveyOptions } from '../gateway/survey-target.ts';
import type { GrantService } from '../grants/grant-service.ts';
import { insertOwnRun, type Operator } from '../grants/own-run.ts';
import { proposeClasses } from '../masking/classify/propose-classes.ts';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import type { Principal } from '../model/principal.ts';
import { Refused } from '../model/refusal.ts';
import type { Target } from '../model/target.ts';
import type { Store } from '../store/store.ts';
import type { ClassificationView } from './classification-schemas.ts';
import { HttpProblem } from './problem.ts';
import type { ApiServices } from './services.ts';

export interface ClassifyParts {
  readonly store: Store;
  readonly grants: Pick<GrantService, 'closeRun' | 'revoke'>;
  readonly audit: Pick<AuditLog, 'openRun' | 'closeRun'>;
  /** Samples a target in a session of the principal's. */
  readonly survey: (
    principal: Principal,
    target: Target,
    signal: AbortSignal,
    options: SurveyOptions,
  ) => Promise<SurveyedTarget>;
  readonly targets: { get(name: string): Target | undefined };
  readonly audience: string;
  readonly nowMs: () => number;
}

/**
 * Samples targets and proposes classes for their columns, for a few callers at once; undefined for an unknown name. Throws `Refused`, and the problem 502 where the target breaks off.
 */
export function classifyTargets(parts: ClassifyParts): ApiServices['classify'] {
  let running = 0;
  return async (name, operator, options, signal) => {
    const target = parts.targets.get(name);
    if (target === undefined) return undefined;
    if (running >= LIMITS.classifyAtOnce) {
      throw new Refused({
        code: 'rate-limited',
        message: `${running} targets are being classified now`,
        hint: 'Try again in a minute.',
      });
    }
    running++;
    try {
      return await classify(parts, target, { ...operator, issuer: parts.audience }, options, signal);
    } catch (fault) {
      throw brokeOff(fault);
    } finally {
      running--;
    }
  };
}

async function classify(
  parts: ClassifyParts,
  target: Target,
  operator: Operator,
  options: SurveyOptions,
  signal: AbortSignal,
): Promise<ClassificationView> {
  const { run, principal } = await openRun(parts, target, operator);
  try {
    const { session, relations, complete } = await parts.survey(principal, target, signal, options);
    const told = relations.map(({ relation, outcome }) => ({ table: `${relation.schema}.${relation.name}`, outcome }));
    return {
      target: target.name,
      session,
      run: run.id,
      sampled: told.flatMap(({ table, outcome }) =>
        outcome.status === 'sampled' ? [{ table, rows: outcome.rows }] : [],
      ),
      notSampled: told.flatMap(({ table, outcome }) =>
        outcome.status === 'sampled' || outcome.code === 'classified'
          ? []
          : [{ table, code: outcome.code, why: outcome.why }],
      ),
      complete,
      proposals: proposeClasses(relations, target.classified).filter(
        ({ classified }) => options.all === true || classified === undefined,
      ),
    };
  } finally {
    await parts.grants.closeRun(run.id, 'completed');
    await parts.audit.closeRun(run.id, 'completed');
  }
}

/** Why a target broke off in the middle: the kind of fault, for its cause may name where the target is. */
function brokeOff(fault: unknown): unknown {
  if (!(fault instanceof Fault) || fault.code === 'log-unavailable') return fault;
  return new HttpProblem(502, 'The target broke off', {
    detail: `${fault.message}; nothing is proposed`,
    code: fault.code,
    hint: 'Check the target, then try again.',
  });
}

/** The run in the log before its session is. */
async function openRun(parts: ClassifyParts, { name }: Target, operator: Operator) {
  const { store, nowMs: now, audit, grants } = parts;
  const seconds = Math.ceil((2 * LIMITS.classifyMs) / 1000);
  const circumstances = { store, now, random: (bytes: number) => randomBytes(bytes) };
  const opened = await insertOwnRun(circumstances, operator, { target: name, purpose: SURVEY_RULE, seconds });
  try {
    await audit.openRun(opened.run, {});
  } catch {
    // The log cannot take it, so the grant must not stand; what broke is the log's own to tell.
    await grants.revoke(opened.principal.grant.id, 'the run could not be recorded');
    throw new Refused({ code: 'record-unavailable', message: 'The run could not be recorded, so it was not opened.' });
  }
  return opened;
}
