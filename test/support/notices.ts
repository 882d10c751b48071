import type { ApprovalNotice } from '../../src/approvals/channels/approval-notice.ts';
import type { Vote } from '../../src/model/approval.ts';
import type { PersonId } from '../../src/model/ids.ts';

/** An approval of the demo's job that waits, but for what a test says. */
export function noticeWith(more: Partial<ApprovalNotice> = {}): ApprovalNotice {
  return {
    id: 'apr_1',
    digest: 'd'.repeat(64),
    url: 'https://gateway.test/approvals/apr_1',
    state: 'pending',
    requestedAt: '2026-01-02T03:04:05.000Z',
    expiresAt: '2026-01-02T03:34:05.000Z',
    target: 'pg-prod',
    protocol: 'postgres',
    kinds: ['alter'],
    does: ['alter'],
    tables: ['public.orders'],
    requirements: [{ group: 'dba', quorum: 2, approvals: 0 }],
    rules: ['ddl needs a dba'],
    run: {
      id: 'run_1',
      display: 'acme/shop@refs/heads/main',
      repository: 'https://github.com/acme/shop',
      ref: 'refs/heads/main',
      commit: '0123456789abcdef0123456789abcdef01234567',
      url: 'https://github.com/acme/shop/actions/runs/1',
      actor: 'octocat',
      agent: 'claude-code',
      demo: false,
    },
    votes: [],
    context: { database: 'shop' },
    ...more,
  };
}

export function voteOf(login: string, answer: Vote['answer'], more: Partial<Vote> = {}): Vote {
  return { person: `per_${login}` as PersonId, login, answer, channel: 'web', at: '2026-01-02T03:10:00.000Z', ...more };
}
