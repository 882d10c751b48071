import type { JsonValue } from './http.ts';

/** What a message of MCP is, for rules about it; made by protocols/mcp, read by policy. */
export interface McpFacts {
  /** The target's name: what rules call the server. */
  readonly server: string;
  /** The JSON-RPC method: `tools/call`; of an answer to a server's request, what the server asked. */
  readonly method: string;
  /** Of the client, or of the server to the client (sampling, elicitation, roots). */
  readonly from: 'client' | 'server';
  /** The tool or the prompt, as the server calls it. */
  readonly name?: string;
  /** Of `resources/read`, `resources/subscribe`. */
  readonly uri?: string;
  /** What is given along, parsed strictly; absent where the method takes none. */
  readonly arguments?: Readonly<Record<string, JsonValue>>;
  /** Of what is only asked about: it would have some, and which is not known. */
  readonly argumentsUnknown?: true;
  /** The revision of the specification that the message is sent under: `2025-11-25`. */
  readonly version: string;
}

/** What a server says of itself and an agent believes. */
export interface Definition {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'template' | 'server';
  /** The name, of a resource its URI, of a template its pattern; empty of the server itself. */
  readonly name: string;
  /** SHA-256 of `text`, hexadecimal. */
  readonly digest: string;
  /** Canonical JSON (RFC 8785) of all that a client is told of it. */
  readonly text: string;
}

/** How a definition stands with people: only one that is `accepted` may be shown and used. */
export type Standing = 'accepted' | 'new' | 'changed' | 'rejected';

/** How the gateway reaches an MCP server. */
export type McpTransport =
  /** Streamable HTTP. `path` is the endpoint's own; the target's base path, or `/`, where absent. */
  | { readonly kind: 'http'; readonly path?: string }
  /** HTTP with SSE, 2024-11-05; `path` is of its stream. */
  | { readonly kind: 'sse'; readonly path?: string }
  | StdioTransport
  /** A program of the job's own, which the wrapper of a run starts, and the gateway speaks to through it. */
  | { readonly kind: 'run' };

/** A program that the gateway starts, and speaks to by its standard input and output. */
export interface StdioTransport {
  readonly kind: 'stdio';
  /** An absolute path: the gateway's own PATH finds nothing for it. */
  readonly command: string;
  readonly args: readonly string[];
  /** What of its environment is no secret; the rest is the credential's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it starts; a temporary folder of its own where absent. */
  readonly directory?: string;
  /** Whom it runs as, where the gateway may choose. */
  readonly user?: string;
  /** True where it has no network, and sees no processes but its own. */
  readonly isolate?: true;
  /** Of its address space; it is ended beyond it. */
  readonly memoryMib?: number;
  readonly cpuSeconds?: number;
}

/** What an MCP target has beside its address. */
export interface McpTarget {
  readonly transport: McpTransport;
  /** What people declare that tools do; `write` where nothing is said. Patterns by glob; the first that matches counts. */
  readonly tools: readonly { readonly name: string; readonly access: 'read' | 'write' | 'admin' }[];
  /** `accept`: what is there when the target is listed for the first time ever needs nobody. */
  readonly firstUse: 'review' | 'accept';
}
