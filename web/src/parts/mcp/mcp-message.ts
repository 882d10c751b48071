import { isMcp, mcpRequestText } from '../../../../src/model/mcp-message.ts';
import type { RecordedEvent } from '../../api/types.ts';

/** True of a request that is a message of MCP: its operations say so. */
export function isMcpRequest({ op }: RecordedEvent): boolean {
  return isMcp(op);
}

/** `tools/call create_issue {…}`: what a message says; undefined where it is cut off or none. */
export function mcpText(bytes: Uint8Array): string | undefined {
  return mcpRequestText(bytes);
}
