/** The parts of an event as canonical JSON, kept beside the values they were made of where those are shared. */
import type { Decision } from '../model/decision.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Operation } from '../model/request.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

const operationsText = new WeakMap<readonly Operation[], string>();
const decisionText = new WeakMap<Decision, string>();

/** What was asked, without the lineage of result columns: that can be derived again from the statement. */
export function operationsJson(operations: readonly Operation[]): string {
  let text = operationsText.get(operations);
  if (text === undefined) {
    text = canonicalJson(operations.map((operation) => ({ ...operation, outputs: undefined }) as unknown as Json));
    operationsText.set(operations, text);
  }
  return text;
}

export function decisionJson(decision: Decision): string {
  let text = decisionText.get(decision);
  if (text === undefined) {
    text = canonicalJson(decision as unknown as Json);
    decisionText.set(decision, text);
  }
  return text;
}

export function refusalJson(refusal: Refusal): string {
  return canonicalJson(refusal as unknown as Json);
}

/** `{"code":…,"rows":…,"status":…,"tags":…}`; written out by hand, for every reply has one. */
export function resultJson(result: ExchangeResult): string {
  const code = result.code === undefined ? '' : `"code":${canonicalJson(result.code)},`;
  const tags = result.tags === undefined ? '' : `,"tags":${canonicalJson(result.tags)}`;
  return `{${code}"rows":"${result.rows}","status":"${result.status}"${tags}}`;
}

export function maskedJson(masked: readonly MaskCount[]): string {
  return canonicalJson(masked as unknown as Json);
}
