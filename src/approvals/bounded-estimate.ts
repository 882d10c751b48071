import type { Estimate, StatementEstimate } from '../model/approval.ts';
import { LIMITS } from '../model/limits.ts';

/** The estimate as it is kept: where it is longer than `maxEstimateBytes`, without plans, and then without texts. */
export function boundedEstimate(estimate: Estimate): Estimate {
  const fits = (one: Estimate) => Buffer.byteLength(JSON.stringify(one)) <= LIMITS.maxEstimateBytes;
  if (fits(estimate)) return estimate;
  const planless = { ...estimate, statements: estimate.statements.map(withoutPlan) };
  if (fits(planless)) return planless;
  const textless = { ...planless, statements: planless.statements.map((statement) => ({ ...statement, text: '' })) };
  if (fits(textless)) return textless;
  return { ...estimate, statements: [], why: 'the estimate is too long to be kept' };
}

function withoutPlan({ plan, ...rest }: StatementEstimate): StatementEstimate {
  return plan === undefined ? rest : { ...rest, why: rest.why ?? 'the plan is too long to be kept' };
}
