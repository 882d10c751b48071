import type { Approval, ApprovalAnswer, ApprovalSummary } from '../src/api/types.ts';
import { Answered, paged, type Route, route } from './route.ts';
import { tell, type World } from './world.ts';

export function approvalRoutes(world: World): readonly Route[] {
  return [
    route('GET', '/v1/approvals', ({ query }) => {
      const state = query.get('state');
      const found = world.approvals
        .filter((approval) => state === null || approval.state === state)
        .filter((approval) => query.get('mine') !== 'true' || approval.mine)
        .filter((approval) => query.get('run') === null || approval.run.id === query.get('run'))
        .filter((approval) => query.get('session') === null || approval.session === query.get('session'));
      return paged(found.map(summary), query);
    }),
    route('GET', '/v1/approvals/:approval', ({ parts: [id] }) => find(world, id)),
    route('POST', '/v1/approvals/:approval/answer', ({ parts: [id], body }) => {
      const approval = find(world, id);
      decide(world, approval, body as ApprovalAnswer, 'ada');
      return approval;
    }),
  ];
}

/** As the desk does: one vote of a person; a quorum approves, one denial denies. */
export function decide(world: World, approval: Approval, { answer, reason }: ApprovalAnswer, login: string): void {
  if (approval.state !== 'pending') {
    throw new Answered(409, 'This approval is already decided', {
      code: 'approval-void',
      detail: `It is ${approval.state}.`,
    });
  }
  approval.votes.push({ login, answer, ...(reason && { reason }), channel: 'web', at: new Date().toISOString() });
  for (const requirement of approval.requirements) if (answer === 'approve') requirement.approvals += 1;
  const isEnough = approval.requirements.every(({ quorum, approvals }) => approvals >= quorum);
  approval.mine = false;
  if (answer === 'deny' || isEnough) {
    approval.state = answer === 'deny' ? 'denied' : 'approved';
    approval.decidedAt = new Date().toISOString();
    if (answer === 'approve' && approval.held) approval.usedAt = approval.decidedAt;
    approval.held = false;
  } else approval.notMine = 'you have answered already';
  tell(world, { type: 'approval', id: approval.id, state: approval.state });
}

function find(world: World, id = ''): Approval {
  const approval = world.approvals.find((each) => each.id === id);
  if (approval === undefined) throw new Answered(404, 'There is no such approval');
  return approval;
}

function summary(approval: Approval): ApprovalSummary {
  const {
    statements: _s,
    digest: _d,
    policy: _p,
    operations: _o,
    context: _c,
    votes: _v,
    before: _b,
    held: _h,
    ...rest
  } = approval;
  return { ...rest, text: approval.text.slice(0, 300) };
}
