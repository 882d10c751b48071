import type { DecodedNotice, DecodedReply, ReplyDecoder } from '../../model/decoded-reply.ts';
import { LIMITS } from '../../model/limits.ts';
import { type McpShown, mcpReply } from '../../model/mcp-message.ts';

/** Recorded replies of MCP as what their messages say, one row each; errors are notices. Never throws. */
export function mcpReplyDecoder(): ReplyDecoder {
  return { decode: decodeReply };
}

function decodeReply(wire: Uint8Array): DecodedReply {
  const messages = mcpReply(wire);
  const results = messages.filter(({ code }) => code === undefined);
  const shown = results.slice(0, LIMITS.decodedRows).map(({ title, text }) => [title, text]);
  const table = { columns: COLUMNS, rows: shown, moreRows: results.length - shown.length };
  return { results: shown.length === 0 ? [] : [table], notices: messages.flatMap(noticeOf) };
}

const COLUMNS = [
  { name: 'message', type: 'mcp' },
  { name: 'says', type: 'text' },
];

function noticeOf({ text, code }: McpShown): readonly DecodedNotice[] {
  return code === undefined ? [] : [{ severity: 'ERROR', code: String(code), message: text }];
}
