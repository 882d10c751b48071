/* oxlint-disable typescript/no-unnecessary-type-parameters -- the compiler compares types for being the same by this form alone */
/**
 * Holds what the API answers (zod schemas) and what the web believes of it (web/src/api/types.ts) together, both ways:
 * nothing here runs, and `tsc` refuses it where the two differ.
 */
import type { z } from 'zod';
import type { approvalSchema, approvalSummarySchema, statementSchema } from '../src/api/approval-schemas.ts';
import type { budgetSchema } from '../src/api/budgets.ts';
import type { channelSchema } from '../src/api/channels.ts';
import type { classificationSchema } from '../src/api/classification-schemas.ts';
import type { planSchema } from '../src/api/configuration.ts';
import type { objectSchema } from '../src/api/configuration-objects.ts';
import type { definitionSchema, definitionSummarySchema } from '../src/api/definition-schemas.ts';
import type { deliverySchema } from '../src/api/deliveries.ts';
import type { deviceSchema } from '../src/api/device-login.ts';
import type { evidenceStateSchema } from '../src/api/evidence-schemas.ts';
import type { infoSchema } from '../src/api/gateway.ts';
import type { LiveEvent } from '../src/api/live-feed.ts';
import type {
  logEntrySchema,
  logHealthSchema,
  logStatusSchema,
  logVerificationSchema,
} from '../src/api/log-schemas.ts';
import type { meSchema, waysSchema } from '../src/api/login.ts';
import type { tokenSchema } from '../src/api/operator-tokens.ts';
import type { overviewSchema } from '../src/api/overview.ts';
import type { personSchema } from '../src/api/person-view.ts';
import type { checkedSchema, trialSchema } from '../src/api/policies.ts';
import type { explanationSchema } from '../src/api/policy-trials.ts';
import type { problemSchema } from '../src/api/problem.ts';
import type { grantSchema, runSchema, runSummarySchema } from '../src/api/run-schemas.ts';
import type { sessionSchema } from '../src/api/session-schema.ts';
import type { checkSchema, targetSchema } from '../src/api/targets.ts';
import type { trustCheckSchema } from '../src/api/trust-check.ts';
import type { EvidenceLine, SealingEntry } from '../src/audit/read/session-evidence.ts';
import type { DecodedMessages, DecodedReply } from '../src/model/decoded-reply.ts';
import type * as web from '../web/src/api/types.ts';

/** Lists that may be changed, and fields that may be undefined only where they may be absent: how both are compared. */
type Plain<Value> = Value extends readonly (infer Item)[]
  ? Plain<Item>[]
  : Value extends object
    ? { -readonly [Name in keyof Value]: Plain<Exclude<Value[Name], undefined>> }
    : Value;

type Same<One, Other> = Exactly<Plain<One>, Plain<Other>>;

/** Assignable both ways would let a field through that is optional on one side and unknown on the other. */
type Exactly<One, Other> =
  (<Of>() => Of extends One ? 1 : 2) extends <Of>() => Of extends Other ? 1 : 2
    ? true
    : { readonly api: One; readonly web: Other };

/** The web takes any name of a scope, for a newer gateway may have more of them. */
type WithoutScopes<Value> = Omit<Value, 'scopes'>;

/** `true` for each pair that agrees; anything else is an error of types at its line. */
export const AGREED: {
  readonly problem: Same<z.infer<typeof problemSchema>, web.Problem>;
  readonly classification: Same<z.infer<typeof classificationSchema>, web.Classification>;
  readonly overview: Same<z.infer<typeof overviewSchema>, web.Overview>;
  readonly logHealth: Same<z.infer<typeof logHealthSchema>, web.LogHealth>;
  readonly logStatus: Same<z.infer<typeof logStatusSchema>, web.LogStatus>;
  readonly logEntry: Same<z.infer<typeof logEntrySchema>, web.LogEntry>;
  readonly logVerification: Same<z.infer<typeof logVerificationSchema>, web.LogVerification>;
  readonly approvalSummary: Same<z.infer<typeof approvalSummarySchema>, web.ApprovalSummary>;
  readonly approval: Same<z.infer<typeof approvalSchema>, web.Approval>;
  readonly statement: Same<z.infer<typeof statementSchema>, web.StatementView>;
  readonly runSummary: Same<z.infer<typeof runSummarySchema>, web.RunSummary>;
  readonly run: Same<z.infer<typeof runSchema>, web.Run>;
  readonly budget: Same<z.infer<typeof budgetSchema>, web.BudgetView>;
  readonly grant: Same<z.infer<typeof grantSchema>, web.GrantView>;
  readonly session: Same<z.infer<typeof sessionSchema>, web.SessionView>;
  readonly runEvidence: Same<z.infer<typeof evidenceStateSchema>, web.RunEvidenceState>;
  readonly evidenceLine: Same<EvidenceLine, web.SessionEvidence['lines'][number]>;
  readonly evidenceEntry: Same<SealingEntry, NonNullable<web.SessionEvidence['entry']>>;
  readonly decodedReply: Same<DecodedReply, web.DecodedReply>;
  readonly decodedMessages: Same<DecodedMessages, web.DecodedMessages>;
  readonly target: Same<z.infer<typeof targetSchema>, web.TargetView>;
  readonly definitionSummary: Same<z.infer<typeof definitionSummarySchema>, web.DefinitionSummary>;
  readonly definition: Same<z.infer<typeof definitionSchema>, web.DefinitionDetails>;
  readonly targetCheck: Same<z.infer<typeof checkSchema>, web.TargetCheck>;
  readonly configurationObject: Same<z.infer<typeof objectSchema>, web.ConfigurationObject>;
  readonly configurationPlan: Same<z.infer<typeof planSchema>, web.ConfigurationPlan>;
  readonly policyCheck: Same<z.infer<typeof checkedSchema>, web.PolicyCheck>;
  readonly policyTrial: Same<z.infer<typeof trialSchema>, web.PolicyTrial>;
  readonly policyExplanation: Same<z.infer<typeof explanationSchema>, web.PolicyExplanation>;
  readonly trustCheck: Same<z.infer<typeof trustCheckSchema>, web.TrustCheck>;
  readonly person: Same<z.infer<typeof personSchema>, web.Person>;
  readonly me: Same<WithoutScopes<z.infer<typeof meSchema>>, WithoutScopes<web.Me>>;
  readonly loginWays: Same<z.infer<typeof waysSchema>, web.LoginWays>;
  readonly device: Same<z.infer<typeof deviceSchema>, web.DeviceLogin>;
  readonly gateway: Same<z.infer<typeof infoSchema>, web.Gateway>;
  readonly channel: Same<z.infer<typeof channelSchema>, web.Channel>;
  readonly delivery: Same<z.infer<typeof deliverySchema>, web.Delivery>;
  readonly operatorToken: Same<WithoutScopes<z.infer<typeof tokenSchema>>, WithoutScopes<web.OperatorToken>>;
  readonly liveEvent: Same<LiveEvent, web.LiveEvent>;
} = {
  problem: true,
  overview: true,
  logHealth: true,
  logStatus: true,
  logEntry: true,
  logVerification: true,
  approvalSummary: true,
  approval: true,
  statement: true,
  runSummary: true,
  run: true,
  budget: true,
  grant: true,
  session: true,
  runEvidence: true,
  evidenceLine: true,
  evidenceEntry: true,
  decodedReply: true,
  decodedMessages: true,
  target: true,
  definitionSummary: true,
  definition: true,
  targetCheck: true,
  classification: true,
  configurationObject: true,
  configurationPlan: true,
  policyCheck: true,
  policyTrial: true,
  policyExplanation: true,
  trustCheck: true,
  person: true,
  me: true,
  loginWays: true,
  device: true,
  gateway: true,
  channel: true,
  delivery: true,
  operatorToken: true,
  liveEvent: true,
};
