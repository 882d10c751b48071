import { trigger } from '../triggers.ts';
import type { Detector } from './detector.ts';
import { findBySecretlint, USED_RULES } from './secretlint-rules.ts';
import { VENDOR_KEYS } from './vendor-keys.ts';

/** API keys and tokens whose vendors gave them a form of their own: secretlint's rules, and what those do not know. */
export const apiKey: Detector = {
  name: 'api-key',
  triggers: [...VENDOR_KEYS, ...Object.values(USED_RULES)].flatMap(({ literals, triggers }) =>
    (triggers ?? literals.map(escape)).map(trigger),
  ),
  find(text, report) {
    for (const { literals, pattern } of VENDOR_KEYS) {
      if (!literals.some((literal) => text.includes(literal))) continue;
      for (const match of text.matchAll(pattern)) report(match.index, match.index + match[0].length);
    }
    findBySecretlint(text, report);
  },
};

function escape(literal: string): string {
  return literal.replaceAll(/[\\()[\]{}?]/g, '\\$&');
}
