import type { z } from 'zod';
import type { DefinitionService, ReadDefinition } from '../definitions/definition-service.ts';
import { differencesOf } from '../definitions/difference.ts';
import type { FiledDefinition } from '../definitions/filed-definition.ts';
import { printable, printableLines } from '../model/printable.ts';
import { type Caller, callerId } from './caller.ts';
import type { definitionSchema, definitionSummarySchema, differenceSchema } from './definition-schemas.ts';

export type DefinitionSummary = z.infer<typeof definitionSummarySchema>;
export type DefinitionDetails = z.infer<typeof definitionSchema>;
export type DefinitionDifference = z.infer<typeof differenceSchema>;

export interface DefinitionQuery {
  readonly target?: string | undefined;
  readonly kind?: DefinitionSummary['kind'] | undefined;
  readonly standing?: DefinitionSummary['standing'] | undefined;
  /** True for what a person is waited for, false for the rest. */
  readonly waits?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface FormName {
  readonly definition: string;
  readonly digest: string;
}

/** What MCP targets say of themselves, and what people say of that. */
export interface DefinitionServices {
  /** What waits first; then by target, kind and name. */
  list(query: DefinitionQuery): Promise<{ readonly items: readonly DefinitionSummary[]; readonly next?: string }>;
  /** The target of a definition; undefined where there is none of this id. */
  targetOf(id: string): Promise<string | undefined>;
  find(id: string): Promise<DefinitionDetails | undefined>;
  /** From the accepted form to the current one where none is named. Undefined where there is no such form. */
  differences(id: string, from: string | undefined, to: string | undefined): Promise<DefinitionDifference | undefined>;
  /** False where there is no such form. In force, and in the log, before it resolves. */
  decide(form: FormName & { readonly target: string }, answer: DefinitionAnswer, caller: Caller): Promise<boolean>;
}

export interface DefinitionAnswer {
  readonly answer: 'accepted' | 'rejected';
  readonly reason?: string | undefined;
}

export function definitionServices(definitions: DefinitionService): DefinitionServices {
  return {
    async list({ target, kind, standing, waits, cursor, limit }) {
      const all = (await definitions.list(target))
        .filter((one) => kind === undefined || one.kind === kind)
        .filter((one) => standing === undefined || one.standing === standing)
        .filter((one) => waits === undefined || doesWait(one) === waits)
        .toSorted((one, other) => Number(doesWait(other)) - Number(doesWait(one)));
      const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
      const items = all.slice(start, start + limit).map(summaryOf);
      const last = items.at(-1);
      return start + limit < all.length && last !== undefined ? { items, next: last.id } : { items };
    },
    targetOf: async (id) => (await definitions.find(id))?.definition.target,
    find: async (id) => {
      const read = await definitions.find(id);
      return read && detailsOf(read);
    },
    differences: async (id, from, to) => {
      const read = await definitions.find(id);
      if (read === undefined) return undefined;
      const { current, accepted } = read.definition;
      const named = { from: from ?? (accepted ?? current).digest, to: to ?? current.digest };
      const [before, after] = [read.texts.get(named.from), read.texts.get(named.to)];
      if (before === undefined || after === undefined) return undefined;
      return { id, ...named, differences: shownDifferences(before, after) };
    },
    decide: ({ definition, digest, target }, { answer, reason }, caller) =>
      definitions.decide({
        target,
        definition,
        digest,
        standing: answer,
        by: callerId(caller),
        name: caller.name,
        ...(reason !== undefined && { reason }),
      }),
  };
}

function doesWait({ listed, standing }: FiledDefinition): boolean {
  return listed && (standing === 'new' || standing === 'changed');
}

function summaryOf(definition: FiledDefinition): DefinitionSummary {
  const { id, target, kind, name, standing, listed, current, accepted } = definition;
  const known = { id, target, kind, name: printable(name), standing, listed, waits: doesWait(definition), current };
  return accepted === undefined ? known : { ...known, accepted };
}

function detailsOf({ definition, texts }: ReadDefinition): DefinitionDetails {
  const { current, accepted, forms } = definition;
  const textOf = (digest: string): string => texts.get(digest) ?? 'null';
  return {
    ...summaryOf(definition),
    forms: forms.map((form) => ({ ...form, text: textOf(form.digest), shown: shown(textOf(form.digest)) })),
    differences: accepted === undefined ? [] : shownDifferences(textOf(accepted.digest), textOf(current.digest)),
  };
}

function shownDifferences(before: string, after: string): DefinitionDetails['differences'] {
  return differencesOf(before, after).map((one) => ({
    where: printable(one.where),
    ...(one.before !== undefined && { before: shown(one.before) }),
    ...(one.after !== undefined && { after: shown(one.after) }),
  }));
}

/** JSON on lines of its own; a text by itself as its lines. In characters that show. */
function shown(text: string): string {
  const value = JSON.parse(text) as unknown;
  return printableLines(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}
