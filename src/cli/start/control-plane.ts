import type { ApprovalService } from '../../approvals/approval-service.ts';
import type { BudgetService } from '../../budgets/budget-service.ts';
import type { DefinitionService } from '../../definitions/definition-service.ts';
import type { ControlPlane } from '../../gateway/control-plane.ts';
import type { GrantService } from '../../grants/grant-service.ts';
import { OWN_NAME, OWN_TARGET } from '../../model/own-target.ts';
import { Refused } from '../../model/refusal.ts';
import type { Credential, RecordMode, Target } from '../../model/target.ts';
import type { InheritedClasses } from '../../targets/inherited-classes.ts';
import type { TargetDirectory } from '../../targets/target-directory.ts';
import type { PolicyDirectory } from './policy-directory.ts';

export interface ControlPlaneParts {
  readonly grants: GrantService;
  readonly targets: TargetDirectory;
  readonly policies: PolicyDirectory;
  readonly approvals: ApprovalService;
  readonly classes: InheritedClasses;
  readonly budgets: BudgetService;
  readonly definitions: DefinitionService;
  /** The deployment's own, where it sets one: it overrides that of the targets. */
  readonly recordMode: RecordMode | undefined;
  /** True where there is the gateway's own MCP server, which every grant may enter. */
  readonly own: boolean;
}

/** What the data plane asks, answered by grants, targets and policies. */
export function makeControlPlane({
  grants,
  targets,
  policies,
  approvals,
  classes,
  budgets,
  definitions,
  recordMode,
  own,
}: ControlPlaneParts): ControlPlane {
  const asRecorded = (target: Target): Target => (recordMode ? { ...target, recordMode } : target);
  return {
    scramKeys: (user) => grants.scramKeys(user),
    approvals,
    classes,
    budgets,
    definitions: withOwn(definitions),
    holder: async (claim) => (await grants.authenticate(claim)).principal,
    policies: () => policies.current(),
    onRevoked: (listener) => grants.onRevoked(listener),
    grantExpiryMs: async (id, target) => {
      const isOwn = own && target === OWN_NAME;
      const until = isOwn ? (await grants.current(id))?.expiresAt : await grants.currentUntil(id, target);
      return until === undefined ? undefined : Date.parse(until);
    },
    targets: async (claim) => {
      const { principal } = await grants.authenticate(claim);
      const declared = principal.grant.targets.flatMap((name) => targets.get(name) ?? []);
      const found = own ? [...declared, OWN_TARGET] : declared;
      return { principal, targets: found.map(asRecorded).sort((one, other) => (one.name < other.name ? -1 : 1)) };
    },
    admit: async (claim, name) => {
      if (own && name === OWN_NAME) {
        const { principal } = await grants.authenticate(claim);
        return { principal, target: asRecorded(OWN_TARGET), credential: () => Promise.resolve(NO_CREDENTIAL) };
      }
      const { principal } = await grants.authenticate(claim, name);
      const target = targets.get(name);
      if (!target) throw new Refused({ code: 'target-unknown', message: `There is no target ${name} any more.` });
      return {
        principal,
        target: asRecorded(target),
        credential: () => targets.credential(target),
      };
    },
  };
}

const NO_CREDENTIAL: Credential = { user: '', http: { kind: 'none' } };

/** What the gateway says of itself needs nobody's word. */
function withOwn(definitions: DefinitionService): ControlPlane['definitions'] {
  return {
    met: async (listing) => {
      if (listing.target.name !== OWN_NAME) return definitions.met(listing);
      return new Map(listing.all.map(({ name }) => [name, 'accepted']));
    },
  };
}
