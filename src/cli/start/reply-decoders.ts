import type { ReplyDecoder } from '../../model/decoded-reply.ts';
import type { Target } from '../../model/target.ts';
import { httpReplyDecoder } from '../../protocols/http/decode-reply.ts';
import { mcpReplyDecoder } from '../../protocols/mcp/decode-reply.ts';
import { postgresReplyDecoder } from '../../protocols/postgres/decode-reply.ts';
import { sshReplyDecoder } from '../../protocols/ssh/decode-reply.ts';

/** What tells people the recorded replies of a target, which may be gone; undefined where nobody knows its protocol. */
export function replyDecoder(protocol: string, target: Target | undefined): ReplyDecoder | undefined {
  return DECODERS[protocol]?.(target);
}

const DECODERS: Readonly<Record<string, (target: Target | undefined) => ReplyDecoder>> = {
  http: (target) => httpReplyDecoder(target?.http?.grpc),
  kubernetes: () => httpReplyDecoder(),
  mcp: mcpReplyDecoder,
  postgres: postgresReplyDecoder,
  ssh: sshReplyDecoder,
};
