import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Report } from './detector.ts';

/** A rule of the preset that is at work: literals, one of which begins everything that it reports. */
interface UsedRule {
  readonly literals: readonly string[];
  /** The same as triggers, where a literal alone is too common; triggers.ts has the notation. */
  readonly triggers?: readonly string[];
}

/**
 * The rules of secretlint's recommended preset that are at work, by the last part of their names. Left out is what is not
 * proven linear (npm, github, gitlab, openai, anthropic, linear, sendgrid, figma), what reports other bounds than the secret's
 * (aws, gcp, basicauth, database-connection-string, privatekey), and the filter by which a text could switch rules off;
 * forms of our own find all of those. test/corpus/detectors/secretlint.test.ts holds both to it.
 */
export const USED_RULES: Readonly<Record<string, UsedRule>> = {
  slack: {
    literals: ['xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-', 'https://hooks.slack.com/services/'],
    triggers: ['xox[bpaor]-', 'xapp-', 'hooks\\.slack\\.com/'],
  },
  shopify: { literals: ['shppa_', 'shpca_', 'shpat_', 'shpss_'] },
  stripe: { literals: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'] },
  grafana: { literals: ['glc_', 'glsa_'] },
  groq: { literals: ['gsk_'] },
  huggingface: { literals: ['hf_'] },
  notion: { literals: ['ntn_'], triggers: ['ntn_\\d'] },
  '1password': { literals: ['ops_ey'] },
  'hashicorp-vault': { literals: ['hvs.', 'hvb.', 'hvr.'] },
  vercel: { literals: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], triggers: ['vc[piark]_[A-Za-z0-9]'] },
  databricks: { literals: ['dapi'] },
  docker: { literals: ['dckr_pat_'] },
  cloudflare: { literals: ['cfk_', 'cfut_', 'cfat_'] },
  tailscale: { literals: ['tskey-'] },
};

/** As much as a rule is handed at a time, and as much of it again with the next: more than a secret's length. */
const WINDOW = 4096;
const OVERLAP = 1536;
const NAME = '@secretlint/secretlint-rule-';

/** What is used of a rule, and of what it is given (@secretlint/types). */
interface Rule {
  readonly meta: { readonly id: string };
  create(context: Context, options: object): { file(source: object): unknown };
}

interface Context {
  report(found: { readonly range: readonly [number, number] }): void;
  createTranslator(): () => object;
}

const PREPARED = (rules as unknown as readonly Rule[]).flatMap((rule) => {
  const used = USED_RULES[rule.meta.id.slice(NAME.length)];
  return used === undefined ? [] : [prepare(rule, used)];
});

/** Reports what the preset's rules find in latin1 text; each rule sees windows that begin where one of its literals does. */
export function findBySecretlint(text: string, report: Report): void {
  for (const { begin, run } of PREPARED) {
    begin.lastIndex = 0;
    for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
      // A rule looks at the character before a secret, too.
      const from = Math.max(0, match.index - 1);
      const end = match.index + WINDOW;
      for (const [start, stop] of run(text.slice(from, end))) report(from + start, from + stop);
      if (end >= text.length) break;
      begin.lastIndex = end - OVERLAP;
    }
  }
}

interface Prepared {
  readonly begin: RegExp;
  readonly run: (window: string) => readonly (readonly [number, number])[];
}

function prepare(rule: Rule, { literals }: UsedRule): Prepared {
  let found: (readonly [number, number])[] = [];
  const handler = rule.create({ report: ({ range }) => found.push(range), createTranslator: () => () => ({}) }, {});
  return {
    begin: new RegExp(literals.map((literal) => literal.replaceAll('.', '\\.')).join('|'), 'g'),
    run: (content) => {
      found = [];
      handler.file({ content, filePath: '', ext: '', contentType: 'text' });
      return found;
    },
  };
}
