import type { TargetName } from './ids.ts';
import { LIMITS } from './limits.ts';
import type { Target } from './target.ts';

/** What no declared target may be called. */
export const OWN_NAME = 'chaperone' as TargetName;

/**
 * The gateway's own MCP server as a target: every grant may enter it, and policies say what may be done there, as of any
 * other. Its server is in the process, so its address leads nowhere.
 */
export const OWN_TARGET: Target = {
  name: OWN_NAME,
  protocol: 'mcp',
  address: { host: 'chaperone', port: 0 },
  tls: { mode: 'disable' },
  labels: {},
  classified: [],
  recordMode: 'batched',
  storedReplyBytes: LIMITS.storedReplyBytes,
  http: { basePath: '', hosts: [], version: '1.1' },
  mcp: {
    transport: { kind: 'http' },
    // What a query does is decided again in a session of its target.
    tools: [{ name: '*', access: 'read' }],
    firstUse: 'accept',
  },
};
