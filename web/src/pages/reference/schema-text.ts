import type { Schema } from './openapi.ts';

/** Deeper than this a shape is named and not drawn. */
const MOST_DEPTH = 6;

export interface SchemaContext {
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** A schema as a shape that a reader of TypeScript knows, with its descriptions as comments. */
export function schemaText(schema: Schema, context: SchemaContext, indent = '', depth = 0): string {
  const known = resolved(schema, context);
  if (depth > MOST_DEPTH) return '…';
  const parts = known.anyOf ?? known.oneOf;
  if (parts !== undefined) return unique(parts.map((part) => schemaText(part, context, indent, depth + 1))).join(' | ');
  if (known.allOf !== undefined) {
    return known.allOf.map((part) => schemaText(part, context, indent, depth + 1)).join(' & ');
  }
  if (known.const !== undefined) return JSON.stringify(known.const);
  if (known.enum !== undefined) return known.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (known.items !== undefined) return listText(schemaText(known.items, context, indent, depth + 1));
  if (known.properties !== undefined) return objectText(known, known.properties, context, indent, depth);
  if (typeof known.additionalProperties === 'object') {
    return `{ [name: string]: ${schemaText(known.additionalProperties, context, indent, depth + 1)} }`;
  }
  return typeText(known);
}

/** `string`, `integer, 1 to 500`, `string (date-time)`. */
export function typeText(schema: Schema): string {
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : ((schema.type as string | undefined) ?? 'any');
  return schema.format === undefined ? type : `${type} (${schema.format})`;
}

function objectText(
  schema: Schema,
  properties: Readonly<Record<string, Schema>>,
  context: SchemaContext,
  indent: string,
  depth: number,
): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, property]) => {
    const known = resolved(property, context);
    const comment = known.description === undefined ? '' : `${inner}// ${known.description.replaceAll(/\s+/g, ' ')}\n`;
    const mark = schema.required?.includes(name) ? '' : '?';
    return `${comment}${inner}${name}${mark}: ${schemaText(property, context, inner, depth + 1)}`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

function listText(item: string): string {
  return /[|&]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
}

function resolved(schema: Schema, context: SchemaContext): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return (name === undefined ? undefined : context.schemas[name]) ?? schema;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
