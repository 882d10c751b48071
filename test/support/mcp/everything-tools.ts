/** Tools that do something while they run: they report, they ask the client, they fail. */
import { setTimeout as delay } from 'node:timers/promises';
import { fromJsonSchema, type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

export interface EverythingHooks {
  /** Closes the stream that a request is answered on, for its client to come again. */
  readonly closeStream?: (context: ServerContext) => void;
  readonly toolsChanged: () => void;
  readonly promptsChanged: () => void;
}

const said = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });
const NOTHING = z.object({});

export function addTools(server: McpServer, hooks: EverythingHooks): void {
  addReporting(server);
  addAsking(server);
  server.registerTool('test_error_handling', { description: 'Fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'test_reconnection',
    { description: 'Closes its stream', inputSchema: NOTHING },
    async (_, context) => {
      hooks.closeStream?.(context);
      await delay(100);
      return said('Reconnection test completed successfully.');
    },
  );
  const region = { type: 'string', description: 'is in a header as well', 'x-mcp-header': 'Region' };
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Has an argument that is mirrored in a header',
      inputSchema: fromJsonSchema<{ readonly region?: string }>({ type: 'object', properties: { region } }),
    },
    (given) => said(`region=${given.region ?? '<none>'}`),
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a schema with all that JSON Schema 2020-12 has', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    (given) => said(JSON.stringify(given)),
  );
  server.registerTool('test_trigger_tool_change', { description: 'Changes tools', inputSchema: NOTHING }, () => {
    hooks.toolsChanged();
    return said('changed');
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Changes prompts', inputSchema: NOTHING }, () => {
    hooks.promptsChanged();
    return said('changed');
  });
}

function addReporting(server: McpServer): void {
  server.registerTool('test_logging_tool', { description: 'Logs', inputSchema: NOTHING }, async (_, context) => {
    await context.mcpReq.log('info', 'it ran');
    return said('logged');
  });
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs thrice', inputSchema: NOTHING },
    async (_, context) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
        await delay(10);
      }
      return said('Tool with logging executed successfully');
    },
  );
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells how far it is', inputSchema: NOTHING },
    async (_, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        if (progressToken === undefined) break;
        const params = { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
        await delay(10);
      }
      return said(String(progressToken));
    },
  );
}

/** What a server of 2025-11-25 asks its client in the middle of a call. */
function addAsking(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks for a completion', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context) => {
      const content = { type: 'text' as const, text: prompt };
      const messages = [{ role: 'user' as const, content }];
      const result = await context.mcpReq.send({
        method: 'sampling/createMessage',
        params: { messages, maxTokens: 100 },
      });
      return said(`LLM response: ${JSON.stringify(result)}`);
    },
  );
  const elicit = async (context: ServerContext, message: string, requestedSchema: object) => {
    const params = {
      message,
      requestedSchema: requestedSchema as { type: 'object'; properties: Record<string, never> },
    };
    const result = await context.mcpReq.send({ method: 'elicitation/create', params });
    const { action, content } = result as { readonly action?: string; readonly content?: unknown };
    return said(`User response: action=${action ?? ''}, content=${JSON.stringify(content ?? {})}`);
  };
  server.registerTool(
    'test_elicitation',
    { description: 'Asks a person', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context) => elicit(context, message, RESPONSE),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with defaults', inputSchema: NOTHING },
    (_, context) => elicit(context, 'Please review', DEFAULTS),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks to choose', inputSchema: NOTHING },
    (_, context) => elicit(context, 'Please select', ENUMS),
  );
}

const RESPONSE = {
  type: 'object',
  properties: { response: { type: 'string', description: "User's response" } },
  required: ['response'],
};

const DEFAULTS = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  required: [],
};

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (word: string) => [
  { const: 'value1', title: `First ${word}` },
  { const: 'value2', title: `Second ${word}` },
  { const: 'value3', title: `Third ${word}` },
];

const ENUMS = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { anyOf: titled('Choice') } },
  },
  required: [],
};

/** As text: an object of JavaScript's with a `then` is taken for a promise. */
const SCHEMA_2020_12 = JSON.parse(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
    }
  },
  "properties": {
    "name": { "type": "string" },
    "address": { "$ref": "#/$defs/address" },
    "contactMethod": { "type": "string", "enum": ["phone", "email"] },
    "phone": { "type": "string" },
    "email": { "type": "string" }
  },
  "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
  "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
  "then": { "required": ["phone"] },
  "else": { "required": ["email"] },
  "additionalProperties": false
}`) as { readonly type: 'object' };
