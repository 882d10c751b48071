import { explanationView } from '../../trials/explanation-view.ts';
import type { TrialAnswer } from '../../trials/trial-session.ts';
import type { Output } from '../output.ts';
import { explanationLines } from './explanation-text.ts';

/** How a statement would be decided: each operation and rule, the decision, and each column of a result. */
export function showAnswer(answer: TrialAnswer, output: Output): void {
  const { decision, operations, results, detectors } = answer;
  if (output.json) {
    output.writeJson({ ok: decision.effect === 'permit', decision, operations, results, detectors });
    return;
  }
  for (const line of explanationLines(explanationView(answer, answer), output.paint)) output.write(`${line}\n`);
}
