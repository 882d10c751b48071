import { z } from 'zod';
import { byPath, oneOrMore, text } from './http-schema.ts';

const name = text.min(1, 'Write a name, or leave the line out.');
const method = text.regex(/^[A-Za-z*_$/-]+$/, 'Write a method as it is sent: tools/call.');

/** `mcp:` of a rule. */
export const mcp = z
  .strictObject({
    servers: oneOrMore(name).optional(),
    methods: oneOrMore(method).optional(),
    tools: oneOrMore(name).optional(),
    prompts: oneOrMore(name).optional(),
    resources: oneOrMore(name).optional(),
    arguments: byPath.optional(),
    from: oneOrMore(z.enum(['client', 'server'])).optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of the message, or leave the line out.');
