import type { ApprovalStatement, RecordedEvent } from '../../api/types.ts';
import { askedLine } from '../../parts/http/http-message.ts';
import { isOfCluster, kubectlOf } from '../../parts/kubernetes/kubectl.ts';
import { isMcpRequest, mcpText } from '../../parts/mcp/mcp-message.ts';

/** What a request asked for: SQL, or the statements of a batch with their parameters. */
export interface RequestText {
  readonly statements: readonly ApprovalStatement[];
  /** Why there is no text: its key was deleted, or it was not kept. */
  readonly withheld?: string;
}

/** Reads the body of a `request` event. What is no batch is shown as it was sent. */
export function requestText(event: RecordedEvent): RequestText {
  const bytes = bodyBytes(event);
  if (bytes === undefined) return { statements: [], withheld: event.body?.withheld ?? 'it was not kept' };
  const message = isMcpRequest(event) ? mcpText(bytes) : undefined;
  if (message !== undefined) return { statements: [{ text: message, parameters: [] }] };
  const text = new TextDecoder().decode(bytes);
  if (event.body?.media !== 'application/json') return { statements: [{ text, parameters: [] }] };
  return { statements: batchStatements(text) ?? [{ text, parameters: [] }] };
}

/** The bytes of an event's body; undefined where they were not kept or cannot be opened. */
export function bodyBytes(event: RecordedEvent): Uint8Array | undefined {
  const encoded = event.body?.base64;
  if (encoded === undefined) return undefined;
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

/** What was forwarded in the place of a statement; undefined where that is what was asked. */
export function forwardedText(event: RecordedEvent, statement: number, text: string): string | undefined {
  const changed = event.forwarded?.find((one) => one.statement === statement);
  if (changed === undefined) return undefined;
  let edited = '';
  let from = 0;
  for (const { at, removed, inserted } of changed.edits) {
    edited += text.slice(from, at) + inserted;
    from = at + removed;
  }
  return edited + text.slice(from);
}

/** Enough of a request for one line of a list, without opening all of a large body. */
export function requestHead(event: RecordedEvent): string {
  const encoded = event.body?.base64;
  if (encoded === undefined) return event.body === undefined ? '' : `(${event.body.withheld ?? 'not kept'})`;
  if (isMcpRequest(event)) return mcpHead(event, encoded.length);
  // A batch can be read only as a whole; SQL from its beginning. Four characters of base64 are three bytes.
  const enough = event.body?.media === 'application/json' && encoded.length <= 1 << 16;
  const head = enough ? event : { ...event, body: { ...event.body, base64: encoded.slice(0, HEAD_BASE64) } };
  const { statements } = requestText(head as RecordedEvent);
  const text = statements.map((statement) => statement.text).join('; ');
  if (event.body?.media !== 'message/http') return oneLine(text);
  // The rest of a message is its own, and a line may go on beyond what was read of it.
  const line = askedLine(text);
  const said = line !== undefined && isOfCluster(event) ? kubectlOf(line) : undefined;
  return oneLine(said ?? line ?? text.split('\r\n', 1)[0] ?? '');
}

/** `tools/call create_issue {…}`; of a message that is too large to be read for a line, what the line itself says. */
function mcpHead(event: RecordedEvent, length: number): string {
  if (length <= 1 << 16) return oneLine(requestText(event).statements[0]?.text ?? '');
  const { mcp } = (event.op?.[0] ?? {}) as { readonly mcp?: { readonly method?: string; readonly name?: string } };
  return oneLine([mcp?.method ?? '', mcp?.name ?? ''].join(' '));
}

/** White space as one space each, at most `HEAD_CHARACTERS` long. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, HEAD_CHARACTERS * 2)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > HEAD_CHARACTERS ? `${line.slice(0, HEAD_CHARACTERS - 1)}…` : line;
}

const HEAD_CHARACTERS = 240;
const HEAD_BASE64 = 4 * 200;

function batchStatements(text: string): readonly ApprovalStatement[] | undefined {
  const batch = parsed(text);
  if (!Array.isArray(batch)) return undefined;
  return batch.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('text' in item) || typeof item.text !== 'string') return [];
    const parameters = 'parameters' in item && Array.isArray(item.parameters) ? item.parameters : [];
    return [{ text: item.text, parameters: parameters.map(shown) }];
  });
}

function shown(parameter: unknown): string | null {
  if (parameter === null || parameter === undefined) return null;
  return typeof parameter === 'string' ? parameter : JSON.stringify(parameter);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a batch, or cut at the length that was kept: the text is then shown as it is.
    return undefined;
  }
}
