import { z } from 'zod';
import { issuerSchema } from '../identity/load-issuers.ts';
import { PRESETS } from '../identity/presets.ts';
import { peopleSchema, ruleSchema } from '../identity/rule-schema.ts';
import { OPERATION_FLAGS } from '../policy/operation-flags.ts';
import { ACCESS_GROUPS, OPERATION_KINDS } from '../policy/operation-names.ts';
import { policySchema } from '../policy/policy-schema.ts';
import { PRINCIPAL_FIELDS } from '../policy/principal-fields.ts';
import { targetSchema } from '../targets/target-schema.ts';
import { caseFileSchema } from './case-schema.ts';
import { POLICY_FIELDS } from './policy-fields.ts';

export const SCHEMA_NAMES = ['configuration', 'policies', 'targets', 'trust', 'cases'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

type Json = Record<string, unknown>;

/**
 * The JSON Schema (draft 7, which editors read) of a kind of file, made of the schemas that the gateway reads it by. It
 * takes whatever the gateway takes, and less than all that the gateway refuses.
 */
export function jsonSchema(name: SchemaName): Json {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: TITLES[name], ...MAKERS[name]() };
}

const TITLES: Readonly<Record<SchemaName, string>> = {
  configuration: 'A configuration file of Chaperone',
  policies: 'Policies of Chaperone',
  targets: 'Targets of Chaperone',
  trust: 'Issuers and trust rules of Chaperone',
  cases: 'Cases for policies of Chaperone',
};

const MAKERS: Readonly<Record<SchemaName, () => Json>> = {
  configuration: () =>
    file(
      {
        ...trust(),
        targets: targets(),
        policies: policies(),
        channels: { type: ['array', 'null'] },
        exports: { type: ['array', 'null'] },
      },
      [],
    ),
  policies: () => file({ policies: policies() }, ['policies']),
  targets: () => file({ targets: targets() }, ['targets']),
  trust: () => file(trust(), []),
  cases: () => plain(caseFileSchema),
};

function file(properties: Json, required: readonly string[]): Json {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

function list(items: Json, description: string): Json {
  return { type: ['array', 'null'], items, description };
}

function targets(): Json {
  return list(plain(targetSchema), 'Systems that runs may be let into (docs/reference/targets.md).');
}

function trust(): Json {
  const rule = { anyOf: [plain(ruleSchema), presets(), plain(peopleSchema)] };
  return {
    issuers: list(plain(issuerSchema), 'Whose tokens are believed (docs/reference/trust-rules.md).'),
    trust: list(rule, 'Which jobs and people may enter which targets (docs/reference/trust-rules.md).'),
  };
}

/** The short form of rules: fields of all kinds, and by the kind those that it has. */
function presets(): Json {
  const long = plain(ruleSchema);
  const { about: _about, ...common } = long['properties'] as Record<string, Json>;
  const kinds = Object.entries(PRESETS);
  const own = kinds.flatMap(([, { fields }]) =>
    Object.entries(fields).map(([name, { claim, info }]) => {
      const type = claim === undefined ? 'string' : ['string', 'integer', 'boolean', 'array'];
      return [name, { type, description: info }] as const;
    }),
  );
  return {
    type: 'object',
    properties: { preset: { enum: kinds.map(([kind]) => kind) }, ...common, ...(Object.fromEntries(own) as Json) },
    required: ['name', 'targets', 'preset'],
    allOf: kinds.map(([kind, { fields }]) => ({
      if: { properties: { preset: { const: kind } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema (draft 7, section 6.6.2)
      then: { propertyNames: { enum: ['preset', ...Object.keys(common), ...Object.keys(fields)] } },
    })),
  };
}

function policies(): Json {
  const item = plain(policySchema);
  const properties = item['properties'] as Record<string, Json>;
  const described = Object.entries(properties).map(([key, schema]) => {
    return [key, { ...widened(key, schema), description: POLICY_FIELDS[key] ?? '' }];
  });
  const rule = { ...item, properties: Object.fromEntries(described) };
  return list(rule, 'What no rule permits is denied; the strictest that matches counts (docs/reference/policy.md).');
}

/** What the policies' own reader takes besides what it makes of it, and the words that an editor may offer. */
function widened(key: string, schema: Json): Json {
  switch (key) {
    case 'principals':
      return { anyOf: [{ const: 'any' }, PRINCIPAL, { type: 'array', minItems: 1, items: PRINCIPAL }] };
    case 'targets':
      return { anyOf: [...((schema['anyOf'] as readonly Json[] | undefined) ?? []), WORDS] };
    case 'limit':
      return { anyOf: [schema['items'] ?? {}, schema] };
    case 'operations':
      return oneOrMore(['any', ...ACCESS_GROUPS, ...OPERATION_KINDS]);
    case 'flags':
      return oneOrMore(OPERATION_FLAGS, true);
    default:
      return schema;
  }
}

const WORDS: Json = { type: 'array', minItems: 1, items: { type: 'string' } };
const VALUES: Json = { anyOf: [{ type: 'string' }, WORDS] };
const PRINCIPAL: Json = {
  type: 'object',
  minProperties: 1,
  properties: Object.fromEntries(PRINCIPAL_FIELDS.map((field) => [field, VALUES])),
  patternProperties: { '^run\\.extra\\.': VALUES },
  additionalProperties: false,
};

/** `open` where other words load, too. */
function oneOrMore(words: readonly string[], open = false): Json {
  const one = open ? { anyOf: [{ enum: words }, { type: 'string' }] } : { enum: [...new Set(words)] };
  return { anyOf: [one, { type: 'array', minItems: 1, items: one }] };
}

/** As zod says it, of what is read and not of what becomes of it. */
function plain(schema: z.ZodType): Json {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any', override: corrected });
  const { $schema: _dialect, ...rest } = made as Json;
  return rest;
}

/** JSON Schema's patterns have no flags, and editors know no properties of Unicode. */
function corrected({ jsonSchema: made }: { readonly jsonSchema: Json }): void {
  if (made['pattern'] === '^[a-z][a-z0-9_-]*$') made['pattern'] = '^[A-Za-z][A-Za-z0-9_-]*$';
  if (made['pattern'] === '^[^\\p{Cc}]+$') made['pattern'] = '^[^\\u0000-\\u001f\\u007f-\\u009f]+$';
}
