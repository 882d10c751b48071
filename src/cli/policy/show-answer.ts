import type { TrialAnswer } from '../../trials/trial-session.ts';
import type { Output } from '../output.ts';
import { explanationLines, resultLines } from './explanation-text.ts';

/** How a statement would be decided: each operation and rule, the decision, and each column of a result. */
export function showAnswer(answer: TrialAnswer, output: Output): void {
  const { decision, operations, results, detectors } = answer;
  if (output.json) {
    output.writeJson({ ok: decision.effect === 'permit', decision, operations, results, detectors });
    return;
  }
  const found = detectors.length === 0 ? [] : [`detectors: ${detectors.join(', ')}`];
  const lines = [...explanationLines(answer, output.paint), ...resultLines(results, output.paint), ...found];
  for (const line of lines) output.write(`${line}\n`);
}
