import type { LoginProblem } from '../../api/types.ts';

/** What to tell somebody whose login did not succeed, and what they can do. */
const WORDS: Readonly<Record<LoginProblem, string>> = {
  'not-configured': 'No login provider is configured here.',
  'provider-unavailable': 'The login provider does not answer. Try again in a moment.',
  'provider-refused': 'The login provider refused. If you did not cancel there, ask whoever runs it.',
  'attempt-unknown': 'This login was begun in another browser, or too long ago. Begin again.',
  'answer-invalid': 'What the login provider sent does not hold. Begin again; if it stays so, tell an administrator.',
  'claims-unusable':
    'The login provider does not say who you are in a way that is understood here. Tell an administrator.',
  'login-taken': 'Somebody else has this login here already. Tell an administrator.',
  disabled: 'Your account here is disabled. An administrator can enable it.',
  'code-unknown': 'This link was used, is too old, or never was one.',
  'too-many': 'Too many attempts from your address. Wait a minute, and try again.',
};

export function loginWords(problem: string | undefined): string | undefined {
  if (problem === undefined) return undefined;
  return Object.hasOwn(WORDS, problem) ? WORDS[problem as LoginProblem] : 'The login did not succeed.';
}
