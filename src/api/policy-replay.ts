import { readSession } from '../audit/read/read-session.ts';
import { LIMITS } from '../model/limits.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { policyDocument, readDeclarations } from '../store/configuration-rows.ts';
import { listSessions } from '../store/session-rows.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import { Replay, type ReplayReport } from '../trials/replay.ts';
import type { ApiParts } from './open-api.ts';

export type PolicyReplayParts = Pick<ApiParts, 'store' | 'audit' | 'targets' | 'classes' | 'gateway' | 'nowMs'> & {
  /** The audit directory. */
  readonly directory: string;
};

export interface PolicyReplayRequest {
  /** All policies as they would be; those in force are what they are compared with. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** RFC 3339, UTC, milliseconds; both inclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** How many requests are judged at most. */
  readonly limit: number;
  readonly texts: boolean;
}

export interface PolicyReplayView extends ReplayReport {
  /** False where there was more than the limits of one replay allow. */
  readonly complete: boolean;
  readonly problems: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}

/** Judges what this gateway recorded again under other policies, newest sessions first, and says what would change. */
export async function replayPolicies(
  request: PolicyReplayRequest,
  parts: PolicyReplayParts,
): Promise<PolicyReplayView> {
  const { store, targets, classes, texts } = { ...parts, texts: request.texts };
  const changed = parsePolicies(readConfiguration(request.files).policyFiles);
  const { policies } = await readDeclarations(store);
  const inForce = parsePolicies([{ path: 'in force', text: policyDocument(policies) }]);
  const replay = new Replay({
    before: compilePolicies(inForce.policies),
    after: compilePolicies(changed.policies),
    target: ({ name }) => {
      const target = targets.get(name);
      return target && { ...target, classified: classes.of(target) };
    },
    examples: LIMITS.replayExamples,
    texts,
  });
  const problems = changed.problems.map(({ path, line, message }) => ({ file: path, line, message }));
  if (problems.length > 0) return { ...replay.report(), complete: false, problems };
  await parts.audit.sync();
  const complete = await fill(replay, request, parts);
  return { ...replay.report(), complete, problems };
}

/** True where all of it was judged. */
async function fill(replay: Replay, request: PolicyReplayRequest, parts: PolicyReplayParts): Promise<boolean> {
  const { store, gateway, nowMs, directory } = parts;
  const { since = '', until = '9999', limit } = request;
  const end = nowMs() + LIMITS.replayMs;
  for (let before: string | undefined; ; ) {
    // A session that opened before the time may have asked within it, so times are for its requests.
    const page = { limit: 100, ...(before === undefined ? {} : { before }) };
    const sessions = await listSessions(store, page);
    for (const session of sessions) {
      if (session.closed_at !== null && session.closed_at < since) continue;
      if (session.gateway !== null && session.gateway !== gateway) continue;
      for await (const recorded of readSession(directory, session.id)) {
        const { kind, at } = recorded.event;
        if (kind !== 'session.open' && (at < since || at > until)) continue;
        if (replay.looked >= limit || nowMs() > end) return false;
        await replay.add(recorded);
      }
    }
    before = sessions.at(-1)?.id;
    if (sessions.length < page.limit) return true;
  }
}
