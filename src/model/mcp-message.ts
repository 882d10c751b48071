/**
 * Recorded bodies of MCP (an HTTP message with one JSON-RPC message, or server-sent events with one each) as people read
 * them. Runs in browsers as well. Nothing here is neutralised: whoever shows it does that.
 */

/** One message of a body, or what stands there in place of one. */
export type McpSaid = { readonly message: Readonly<Record<string, unknown>> } | { readonly text: string };

/** One message of a reply: what it is in a few words, and what it says. */
export interface McpShown {
  readonly title: string;
  readonly text: string;
  /** True of errors, and of a tool that says it failed. */
  readonly grave: boolean;
  /** The code of an error. */
  readonly code?: number;
}

/** True where one of the operations is a message of MCP: then the body of the request, and of its reply, is read here. */
export function isMcp(operations: readonly unknown[] | undefined): boolean {
  return operations?.some((one) => isObject(one) && one['mcp'] !== undefined) ?? false;
}

/** The messages in a body, in their order. Never throws: what is none stands as its text. */
export function mcpMessages(wire: Uint8Array): readonly McpSaid[] {
  const text = new TextDecoder().decode(wire);
  const end = /^(?:HTTP\/|[A-Z]+ )/.test(text) ? text.indexOf('\r\n\r\n') : -1;
  const head = text.slice(0, Math.max(end, 0));
  const body = end < 0 ? text : text.slice(end + 4);
  if (body.trim() === '') return [];
  return /^content-type:\s*text\/event-stream/im.test(head) ? eventData(body).map(said) : [said(body)];
}

/**
 * What a client said: `tools/call create_issue {…}` with all that is given along, nothing left out but what the
 * specification itself puts into `_meta`. Undefined where the body is no message.
 */
export function mcpRequestText(wire: Uint8Array): string | undefined {
  const [first, ...more] = mcpMessages(wire);
  if (first === undefined || more.length > 0 || !('message' in first)) return undefined;
  const { method, params, id, result, error } = first.message;
  if (typeof method !== 'string') {
    return `answer to ${shortJson(id)} ${pretty(error === undefined ? result : { error })}`;
  }
  if (!isObject(params)) return params === undefined ? method : `${method} ${pretty(params)}`;
  const { name, uri, arguments: given, _meta: meta, ...others } = params;
  const what = typeof name === 'string' ? name : typeof uri === 'string' ? uri : undefined;
  const named = what === undefined || (typeof name === 'string' && uri !== undefined);
  const rest = named ? { ...others, ...(name !== undefined && { name }), ...(uri !== undefined && { uri }) } : others;
  const lines = [
    [method, ...(named ? [] : [oneLine(what)]), ...(given === undefined ? [] : [pretty(given)])].join(' '),
    ...Object.entries({ ...rest, ...ownMeta(meta) }).map(([member, value]) => `${member} ${pretty(value)}`),
  ];
  return lines.join('\n');
}

/** What came back, a message each. */
export function mcpReply(wire: Uint8Array): readonly McpShown[] {
  return mcpMessages(wire).map((one) => ('message' in one ? shown(one.message) : { title: '', ...one, grave: false }));
}

function shown(message: Readonly<Record<string, unknown>>): McpShown {
  const { method, params, result, error } = message;
  if (typeof method === 'string') {
    const asks = message['id'] === undefined ? '' : 'asks ';
    return { title: `${asks}${oneLine(method)}`, text: params === undefined ? '' : pretty(params), grave: false };
  }
  if (isObject(error)) {
    const { code, message: words, data } = error;
    const text = [textOf(words), ...(data === undefined ? [] : [pretty(data)])].join('\n');
    return { title: 'error', text, grave: true, ...(typeof code === 'number' && { code }) };
  }
  if (!isObject(result)) return { title: 'result', text: pretty(message), grave: false };
  const failed = result['isError'] === true;
  return { title: failed ? 'the tool failed' : 'result', text: resultText(result), grave: failed };
}

/** Blocks of content as what they hold; all else as JSON. */
function resultText(result: Readonly<Record<string, unknown>>): string {
  const { content, structuredContent, isError, resultType, _meta: meta, ...others } = result;
  void isError;
  const parts = [
    ...(Array.isArray(content) ? content.map(blockText) : content === undefined ? [] : [`content ${pretty(content)}`]),
    ...(structuredContent === undefined ? [] : [`structuredContent ${pretty(structuredContent)}`]),
    ...(resultType === undefined || resultType === 'complete' ? [] : [`resultType ${pretty(resultType)}`]),
    ...Object.entries({ ...others, ...ownMeta(meta) }).map(([member, value]) => `${member} ${pretty(value)}`),
  ];
  return parts.join('\n');
}

function blockText(block: unknown): string {
  if (!isObject(block)) return pretty(block);
  const { type, text, data, mimeType, uri, name, resource } = block;
  if (type === 'text' && typeof text === 'string') return text;
  if ((type === 'image' || type === 'audio') && typeof data === 'string') {
    return `(${type} ${oneLine(textOf(mimeType))}, ${data.length} characters of base64)`;
  }
  if (type === 'resource_link') return `link ${oneLine(textOf(uri))} ${oneLine(textOf(name))}`.trimEnd();
  if (type === 'resource' && isObject(resource) && typeof resource['text'] === 'string') {
    return `resource ${oneLine(textOf(resource['uri']))}\n${resource['text']}`;
  }
  return pretty(block);
}

/** What of `_meta` is somebody's own. */
function ownMeta(meta: unknown): { readonly _meta?: unknown } {
  if (!isObject(meta)) return meta === undefined ? {} : { _meta: meta };
  const own = Object.entries(meta).filter(([name]) => !OF_THE_SPECIFICATION.test(name));
  return own.length === 0 ? {} : { _meta: Object.fromEntries(own) };
}

const OF_THE_SPECIFICATION =
  /^(?:io\.modelcontextprotocol\/(?:protocolVersion|clientInfo|clientCapabilities|serverInfo|logLevel)|progressToken|traceparent|tracestate|baggage)$/;

/** The `data` of each event of a stream (HTML, 9.2.6); comments, and events without any, are left out. */
function eventData(stream: string): readonly string[] {
  return stream
    .replaceAll(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .flatMap((block) => {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'));
      const data = lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
      return data === '' ? [] : [data];
    });
}

function said(text: string): McpSaid {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { message: value } : { text };
  } catch {
    return { text }; // cut off, or none: it is shown as it is
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : shortJson(value);
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2) ?? '';
}

function shortJson(value: unknown): string {
  return JSON.stringify(value) ?? '?';
}

/** A name of the server's must not pass for a line of ours. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
