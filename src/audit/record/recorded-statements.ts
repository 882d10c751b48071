import { isMcp, mcpRequestText } from '../../model/mcp-message.ts';

/** What a client asked, as it is recorded: a text, or the statements of a batch with their parameters. */
export interface RecordedStatement {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
}

/**
 * The statements in a request's body, of MCP its message (`operations` say whether it is one). What cannot be read as a
 * batch or a message is shown as it is; nothing is left out.
 */
export function recordedStatements(
  bytes: Uint8Array,
  media: string,
  operations?: readonly unknown[],
): readonly RecordedStatement[] {
  const message = isMcp(operations) ? mcpRequestText(bytes) : undefined;
  if (message !== undefined) return [{ text: message, parameters: [] }];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const whole = [{ text, parameters: [] }];
  if (media !== 'application/json') return whole;
  const batch = parseJson(text);
  if (!Array.isArray(batch) || !batch.every(isItem)) return whole;
  return batch.flatMap(({ text: one, parameters = [] }) =>
    one === undefined ? [] : [{ text: one, parameters: parameters.map(shown) }],
  );
}

interface Item {
  readonly text?: string;
  readonly parameters?: readonly unknown[];
}

function isItem(value: unknown): value is Item {
  if (typeof value !== 'object' || value === null) return false;
  const { text, parameters } = value as Item;
  const isText = text === undefined || typeof text === 'string';
  return isText && (parameters === undefined || Array.isArray(parameters));
}

function shown(parameter: unknown): string | null {
  if (parameter === null || parameter === undefined) return null;
  return typeof parameter === 'string' ? parameter : JSON.stringify(parameter);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a batch then: the text is shown as it is.
    return undefined;
  }
}
