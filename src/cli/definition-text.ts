import { z } from 'zod';
import { type ListingColumn, shortTime } from './listing.ts';
import type { Output } from './output.ts';
import { printable, printableLines } from './printable.ts';

const findingSchema = z.object({ code: z.string(), where: z.string(), snippet: z.string() });

const formSchema = z.object({
  digest: z.string(),
  answer: z.enum(['accepted', 'rejected']).optional(),
  findings: z.array(findingSchema),
  listed: z.boolean(),
  firstMetAt: z.string(),
  firstRun: z.string(),
  firstSession: z.string(),
  metAt: z.string(),
  metRun: z.string(),
  decided: z
    .object({ at: z.string(), by: z.string(), name: z.string().optional(), reason: z.string().optional() })
    .optional(),
});
type Form = z.infer<typeof formSchema>;

export const definitionSummarySchema = z.object({
  id: z.string(),
  target: z.string(),
  kind: z.string(),
  name: z.string(),
  standing: z.enum(['accepted', 'new', 'changed', 'rejected']),
  listed: z.boolean(),
  waits: z.boolean(),
  current: formSchema,
  accepted: formSchema.optional(),
});
export type DefinitionSummary = z.infer<typeof definitionSummarySchema>;

export const differencesSchema = z.array(
  z.object({ where: z.string(), before: z.string().optional(), after: z.string().optional() }),
);

export const definitionSchema = definitionSummarySchema.extend({
  forms: z.array(formSchema.extend({ text: z.string(), shown: z.string() })),
  differences: differencesSchema,
});
export type DefinitionDetails = z.infer<typeof definitionSchema>;

type Paint = Output['paint'];

export const DEFINITION_COLUMNS: readonly ListingColumn<DefinitionSummary>[] = [
  { head: 'ID', text: ({ id }) => id },
  { head: 'TARGET', text: ({ target }) => target, most: 30 },
  { head: 'KIND', text: ({ kind }) => kind },
  { head: 'NAME', text: ({ name }) => name, most: 50 },
  { head: 'STANDS', text: standingText, paint: standingStyle },
  { head: 'FINDINGS', text: findingsText, paint: ({ current }) => (current.findings.length > 0 ? 'red' : undefined) },
  { head: 'SINCE (UTC)', text: ({ current }) => shortTime(current.firstMetAt) },
];

/** All that somebody needs to decide: who tells it, what looks like a trap, what differs, and the whole of it. */
export function definitionText(definition: DefinitionDetails, paint: Paint): string {
  const { current, forms, differences, accepted } = definition;
  const blocks = [
    facts(definition, paint),
    current.findings.map(({ code, where, snippet }) => findingLine(code, where, snippet, paint)).join('\n'),
    accepted === undefined
      ? ''
      : `${paint('dim', 'What differs from the form that was accepted:')}\n${differenceText(differences, paint)}`,
    barred(forms.find(({ digest }) => digest === current.digest)?.shown ?? '', paint),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Each place with what stood there and what stands there, a line of ours before every line of theirs. */
export function differenceText(differences: z.infer<typeof differencesSchema>, paint: Paint): string {
  if (differences.length === 0) return 'nothing';
  return differences
    .map(({ where, before, after }) =>
      [
        paint('bold', printable(where === '' ? '(all of it)' : where)),
        ...(before === undefined ? [] : marked('-', before, 'red', paint)),
        ...(after === undefined ? [] : marked('+', after, 'green', paint)),
      ].join('\n'),
    )
    .join('\n');
}

/** `new`, `changed`, … and that the target tells of it no more. */
function standingText({ standing, listed }: DefinitionSummary): string {
  return listed ? standing : `${standing}, gone`;
}

function standingStyle({ standing, listed }: DefinitionSummary): 'yellow' | 'green' | 'red' | 'dim' {
  if (!listed) return 'dim';
  return ({ new: 'yellow', changed: 'red', accepted: 'green', rejected: 'dim' } as const)[standing];
}

function findingsText({ current: { findings } }: DefinitionSummary): string {
  return [...new Set(findings.map(({ code }) => code))].join(', ');
}

function facts(definition: DefinitionDetails, paint: Paint): string {
  const { id, target, kind, name, current, accepted } = definition;
  const lines: readonly (readonly [string, string])[] = [
    [kind, kind === 'server' ? '(what the server says of itself)' : name],
    ['target', target],
    ['id', id],
    ['stands', standingText(definition)],
    ['digest', current.digest],
    ['first met', `${shortTime(current.firstMetAt)} by ${current.firstRun} in ${current.firstSession}`],
    ['last met', `${shortTime(current.metAt)} by ${current.metRun}`],
    ...decisionLines('decided', current),
    ...(accepted === undefined ? [] : decisionLines('before', accepted)),
  ];
  return lines.map(([of, text]) => `${paint('dim', of.padEnd(11))}${printable(text)}`).join('\n');
}

function decisionLines(of: string, { answer, decided, digest }: Form): readonly (readonly [string, string])[] {
  if (answer === undefined || decided === undefined) return [];
  const { at, by, name, reason } = decided;
  const said = reason === undefined ? '' : `: ${reason}`;
  return [[of, `${answer} ${shortTime(at)} by ${name ?? by}${said} (${digest.slice(0, 12)})`]];
}

function findingLine(code: string, where: string, snippet: string, paint: Paint): string {
  return `${paint('red', `! ${printable(code)}`)} ${printable(where)}\n  ${printable(snippet)}`;
}

function barred(text: string, paint: Paint): string {
  return printableLines(text)
    .split('\n')
    .map((line) => `${paint('dim', '│')} ${line}`)
    .join('\n');
}

function marked(mark: string, text: string, style: 'red' | 'green', paint: Paint): readonly string[] {
  return printableLines(text)
    .split('\n')
    .map((line) => paint(style, `  ${mark} ${line}`));
}
