import { z } from 'zod';
import type { Declared, Problem } from '../model/declaration.ts';
import type { IssuerKind } from '../model/principal.ts';
import { allowable } from './adapters/adapter.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import { problemAt } from './declared-schema.ts';
import type { Issuer } from './issuer.ts';
import { PUBLIC_ADDRESSES } from './issuer-address.ts';
import { PRESETS, type Preset, presetOf } from './presets.ts';
import { givenSchema, type RuleDeclaration, ruleSchema, values } from './rule-schema.ts';

const reserved = { issuer: z.string().optional(), claims: ruleSchema.shape.claims.optional() };

/** One entry under `trust:` in the short form, one schema for each kind. */
export const presetSchema = z.discriminatedUnion(
  'preset',
  Object.entries(PRESETS).map(([kind, { fields }]) =>
    givenSchema.extend({
      preset: z.literal(kind),
      ...reserved,
      allow: ruleSchema.shape.allow,
      ...Object.fromEntries(
        Object.entries(fields).map(([name, { claim, info }]) => [
          name,
          (claim === undefined ? z.string().min(1).max(200) : flags(values)).optional().describe(info),
        ]),
      ),
    }),
  ) as unknown as [z.ZodObject<{ preset: z.ZodLiteral<string> }>],
);

/** A declared short form: the fields of its kind beside those of any rule. */
export type PresetDeclaration = z.infer<typeof givenSchema> &
  Pick<RuleDeclaration, 'allow'> & {
    readonly preset: string;
    readonly issuer?: string;
    readonly claims?: RuleDeclaration['claims'];
  } & Readonly<Record<string, unknown>>;

export interface Expanded {
  readonly rule: RuleDeclaration;
  /** Where each claim was written. */
  readonly pathOf: (field: string) => readonly string[];
}

/** The long form of a short one; or what keeps it from having one. */
export function expandPreset(
  item: PresetDeclaration,
  source: Declared,
  issuers: readonly Issuer[],
): Expanded | readonly Problem[] {
  const preset = presetOf(item.preset);
  if (preset === undefined) return [];
  const issuer = issuerOf(item, issuers);
  if (typeof issuer !== 'string') return [problemAt(source, ['preset'], issuer.message, issuer.advice)];
  const written = Object.entries(preset.fields).filter(([name]) => item[name] !== undefined);
  const refs = written.flatMap(([name, { claim }]) => (claim === 'sourceRef' ? refProblems(item, name, source) : []));
  const twice = written.flatMap(([name, { claim = '' }]) =>
    item.claims?.[claim] === undefined
      ? []
      : [problemAt(source, ['claims', claim], `${claim} stands in the rule as ${name} already`, 'Write it once.')],
  );
  const problems = [...refs, ...twice, ...idProblems(item, preset, source)];
  if (problems.length > 0) return problems;
  const claims: Record<string, string[]> = { ...item.claims };
  const paths = new Map<string, readonly string[]>();
  for (const [name, { claim, value = (text: string) => text }] of written) {
    if (claim === undefined) continue;
    claims[claim] = [...(claims[claim] ?? []), ...(item[name] as string[]).map(value)];
    paths.set(claim, [name]);
  }
  const about = written.find(([, { claim }]) => claim === undefined)?.[0];
  const { name, targets, requestable, grant, allow } = item;
  return {
    rule: {
      name,
      issuer,
      targets,
      claims,
      ...(requestable === undefined ? {} : { requestable }),
      ...(grant === undefined ? {} : { grant }),
      ...(allow === undefined ? {} : { allow }),
      ...(about === undefined ? {} : { about: String(item[about]) }),
    },
    pathOf: (field) => paths.get(field) ?? ['claims', field],
  };
}

interface Advice {
  readonly message: string;
  readonly advice: string;
}

/** The issuer of the preset's kind, where there is one and no other. */
function issuerOf({ issuer, preset }: PresetDeclaration, issuers: readonly Issuer[]): string | Advice {
  const kind = preset as IssuerKind;
  const found = issuers.filter((one) => one.kind === kind);
  const [only, another] = found;
  if (issuer !== undefined) {
    const named = issuers.find(({ name }) => name === issuer);
    if (named === undefined || named.kind === kind) return issuer;
    return { message: `the issuer ${issuer} is of kind ${named.kind}`, advice: `Write \`preset: ${named.kind}\`.` };
  }
  if (only === undefined) {
    const line = PUBLIC_ADDRESSES[kind] === undefined ? `, issuer: ${adapterFor(kind).address.example}` : '';
    return {
      message: `there is no issuer of kind ${kind}`,
      advice: `Declare one under \`issuers:\`: {name: ${kind}, kind: ${kind}${line}}.`,
    };
  }
  if (another === undefined) return only.name;
  return {
    message: `there are several issuers of kind ${kind}`,
    advice: `Add \`issuer:\` with one of ${found.map(({ name }) => name).join(', ')}.`,
  };
}

/** Said here in the words of the preset; the long form's own check would speak of claims that nobody wrote. */
function idProblems(item: PresetDeclaration, preset: Preset, source: Declared): readonly Problem[] {
  const { ids, fields, find } = preset;
  const pinned = ids.some((name) => item[name] !== undefined || item.claims?.[fields[name]?.claim ?? ''] !== undefined);
  if (pinned) return [];
  const waived = (item.allow ?? []).some((name) => allowable(adapterFor(item.preset as IssuerKind)).includes(name));
  if (waived && item.claims !== undefined) return [];
  const names = Object.entries(fields).filter(([, { claim }]) => claim === undefined);
  const about = names.map(([name]) => item[name]).find((value) => typeof value === 'string');
  const wanted = `Add ${ids.join(' or ')}. ${find(typeof about === 'string' ? about : undefined)}`;
  return [problemAt(source, ['preset'], `the rule ${item.name} pins no id, and names can be given to others`, wanted)];
}

function refProblems(item: PresetDeclaration, name: string, source: Declared): readonly Problem[] {
  const bad = (item[name] as string[]).find((value) => value.startsWith('refs/'));
  if (bad === undefined) return [];
  const short = bad.replace(/^refs\/[a-z-]+\//, '');
  return [problemAt(source, [name], `${name} takes names, not refs`, `Write \`${short}\`; other refs go to claims.`)];
}

/** YAML's true and false, for claims that say one of them. */
function flags(schema: typeof values) {
  return z.union([z.boolean().transform((value) => [String(value)]), schema]);
}
