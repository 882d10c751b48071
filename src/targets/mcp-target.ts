import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { McpTarget, McpTransport, StdioTransport } from '../model/mcp.ts';
import type { Target } from '../model/target.ts';
import { declareHttp } from './http-target.ts';

const MOST_ARGUMENTS = 200;
const MOST_VARIABLES = 200;
const MOST_TOOLS = 1_000;

export const variableNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'not the name of an environment variable');
/** What the operating system takes as one string. */
const textSchema = z
  .string()
  .max(32_768)
  .refine((text) => !text.includes('\0'), 'no text with a NUL is given to a program');
const pathSchema = textSchema.min(1).refine(isAbsolute, 'the path must be absolute');

const toolSchema = z.strictObject({
  name: z.string().min(1).max(256),
  access: z.enum(['read', 'write', 'admin']),
});

/** What `mcp:` of a target says. */
export const mcpSettingsSchema = z.strictObject({
  transport: z.enum(['http', 'sse', 'stdio', 'run']).optional(),
  command: pathSchema.optional(),
  args: z.array(textSchema).max(MOST_ARGUMENTS).optional(),
  env: z
    .record(variableNameSchema, textSchema)
    .refine((env) => Object.keys(env).length <= MOST_VARIABLES, `at most ${MOST_VARIABLES} variables`)
    .optional(),
  directory: pathSchema.optional(),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a user of this machine')
    .optional(),
  isolate: z.boolean().optional(),
  memoryMib: z.int().min(16).max(1_048_576).optional(),
  cpuSeconds: z.int().min(1).max(31_536_000).optional(),
  tools: z.array(toolSchema).max(MOST_TOOLS).optional(),
  firstUse: z.enum(['review', 'accept']).optional(),
});

export type McpSettings = z.infer<typeof mcpSettingsSchema>;
/** Only a program that the gateway starts has these. */
const OF_PROGRAMS = ['command', 'args', 'env', 'directory', 'user', 'isolate', 'memoryMib', 'cpuSeconds'] as const;

/** Where the gateway finds the server of what is declared, or why that cannot be told. */
export function transportOf(
  declared: McpSettings,
  url: string | undefined,
): McpTransport | { readonly field: string; readonly mistake: string } {
  const { transport = declared.command === undefined ? 'http' : 'stdio', command } = declared;
  if (transport === 'stdio') {
    if (command === undefined) return { field: 'command', mistake: 'a server of transport stdio has a `command`' };
    if (url !== undefined)
      return { field: 'command', mistake: 'an MCP target has a `url`, or a command, and not both' };
    return stdioOf(declared, command);
  }
  const stray = OF_PROGRAMS.find((name) => declared[name] !== undefined);
  if (stray !== undefined) return { field: stray, mistake: `only a server of transport stdio has \`${stray}\`` };
  if (transport === 'run') {
    if (url !== undefined) return { field: 'transport', mistake: 'a server of transport run has no `url`' };
    return { kind: 'run' };
  }
  if (url === undefined) {
    return { field: 'transport', mistake: 'an MCP target has a `url`, or `mcp.command` for a program that is started' };
  }
  return { kind: transport, path: new URL(url).pathname };
}

function stdioOf(
  { args, env, directory, user, isolate, memoryMib, cpuSeconds }: McpSettings,
  command: string,
): StdioTransport {
  return {
    kind: 'stdio',
    command,
    args: args ?? [],
    ...(env !== undefined && { env }),
    ...(directory !== undefined && { directory }),
    ...(user !== undefined && { user }),
    ...(isolate === true && { isolate }),
    ...(memoryMib !== undefined && { memoryMib }),
    ...(cpuSeconds !== undefined && { cpuSeconds }),
  };
}

/** Whether its server is a program that is started, and no place of the network. */
export function isStarted(transport: McpTransport): transport is StdioTransport | { readonly kind: 'run' } {
  return transport.kind === 'stdio' || transport.kind === 'run';
}

export function mcpOf({ tools, firstUse }: McpSettings, transport: McpTransport): McpTarget {
  return { transport, tools: tools ?? [], firstUse: firstUse ?? 'review' };
}

/** Where a program is of a job, which its run starts. */
export const RUN_PLACE = { host: 'run', port: 0 } as const;

/** Where a program is that the gateway starts: nowhere that a socket leads to. */
export const STDIO_PLACE = {
  address: { host: 'stdio', port: 0 },
  tls: { mode: 'disable' },
  http: { basePath: '', hosts: [], version: '1.1' },
} as const;

/** The target as `url`, `http` and `mcp` of a declaration. */
export function declareMcp(target: Target): object {
  const { mcp } = target;
  if (mcp === undefined) return {};
  const { transport, tools, firstUse } = mcp;
  const settings = {
    ...(transport.kind === 'stdio' ? declareStdio(transport) : {}),
    ...(transport.kind === 'sse' || transport.kind === 'run' ? { transport: transport.kind } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    ...(firstUse === 'review' ? {} : { firstUse }),
  };
  const place = isStarted(transport) ? {} : placeOfEndpoint(target, transport.path);
  return { ...place, ...(Object.keys(settings).length > 0 ? { mcp: settings } : {}) };
}

/** A URL's last slash is part of an endpoint, which a base path has not. */
function placeOfEndpoint(target: Target, path: string | undefined): object {
  const declared = declareHttp(target);
  const end = path !== undefined && path.length > 1 && path.endsWith('/') ? '/' : '';
  return 'url' in declared ? { ...declared, url: `${String(declared.url)}${end}` } : declared;
}

function declareStdio({ command, args, env, directory, user, isolate, memoryMib, cpuSeconds }: StdioTransport): object {
  return {
    command,
    ...(args.length > 0 ? { args } : {}),
    ...(env === undefined ? {} : { env }),
    ...(directory === undefined ? {} : { directory }),
    ...(user === undefined ? {} : { user }),
    ...(isolate === true ? { isolate } : {}),
    ...(memoryMib === undefined ? {} : { memoryMib }),
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
  };
}
