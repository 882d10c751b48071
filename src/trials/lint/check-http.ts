import { compileGlob } from '../../policy/glob.ts';
import { targetsOf } from './check-matching.ts';
import type { Check, Finding, LintDocument } from './finding.ts';

/** Names of operations, templates and actions that no target of the rule has. */
export const checkHttpNames: Check = (policy, { targets }) => {
  const { http } = policy;
  if (http === undefined || targets === undefined) return [];
  const about = targetsOf(policy, targets);
  // Where one of them says nothing of itself, it may have what is asked.
  if (about.length === 0 || about.some(({ document }) => document === undefined)) return [];
  const documents = about.flatMap(({ document }) => document ?? []);
  const found: Finding[] = [];
  const say = (at: readonly (string | number)[], message: string, advice: string): void =>
    void found.push({ code: 'never-matches', rule: policy.name, at: ['http', ...at], message, advice });
  const check = (key: 'operations' | 'templates', separator: string, of: (one: LintDocument) => readonly string[]) => {
    for (const [index, name] of (http[key] ?? []).entries()) {
      const matches = compileGlob(name, separator);
      if (documents.some((document) => of(document).some(matches))) continue;
      say([key, index], `no document of the rule's targets has ${name}`, CORRECT);
    }
  };
  check('operations', '', ({ operations }) => operations);
  check('templates', '/', ({ templates }) => templates);
  if (http.declared === true && documents.every(({ templates }) => templates.length === 0)) {
    say(['declared'], "none of the rule's targets has an OpenAPI document", 'Give them one, or leave it out.');
  }
  const asked = (['actions', 'resources'] as const).find((key) => http[key] !== undefined);
  if (asked !== undefined && documents.every(({ dialect }) => dialect !== 'aws')) {
    say([asked], "none of the rule's targets speaks AWS", 'Say `dialect: aws` in the target, or leave it out.');
  }
  if (http.graphql !== undefined && documents.every(({ dialect }) => dialect !== 'graphql')) {
    say(
      ['graphql'],
      "none of the rule's targets speaks GraphQL",
      'Say `dialect: graphql` in the target, or leave it out.',
    );
  }
  return found;
};

const CORRECT = 'Correct the name, or the document (docs/reference/http-targets.md).';
