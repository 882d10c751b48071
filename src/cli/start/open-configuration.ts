import { declareChannel } from '../../approvals/channels/declare-channel.ts';
import { loadChannels } from '../../approvals/channels/load-channels.ts';
import type { AuditLog } from '../../audit/recorder.ts';
import { declareExport } from '../../export/declare-export.ts';
import { loadExports } from '../../export/load-exports.ts';
import { declareIssuer, declareTrustRule } from '../../identity/declare-trust.ts';
import { loadIssuers } from '../../identity/load-issuers.ts';
import { loadTrustRules } from '../../identity/load-trust-rules.ts';
import type { Declared } from '../../model/declaration.ts';
import { parsePolicies } from '../../policy/parse-policies.ts';
import { declareRetention, loadRetention, type RetentionRule } from '../../retention/retention-rule.ts';
import type { Store } from '../../store/store.ts';
import { type ConfigurationObjects, makeConfigurationObjects } from '../../targets/configuration-objects.ts';
import { type ConfigurationService, makeConfigurationService } from '../../targets/configuration-service.ts';
import type { Change } from '../../targets/plan-apply.ts';
import type { Sealer } from '../../targets/sealing.ts';
import type { Deployment } from './deployment.ts';

export interface OpenConfiguration {
  readonly configuration: ConfigurationService;
  readonly configurationObjects: ConfigurationObjects;
}

const PROTOCOLS = ['http', 'kubernetes', 'mcp', 'postgres', 'ssh'];
const NOTES = {
  target: 'target.changed',
  issuer: 'trust.changed',
  'trust rule': 'trust.changed',
  policy: 'operator.action',
  channel: 'operator.action',
  export: 'operator.action',
  'retention rule': 'operator.action',
} as const;

export interface ConfigurationParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly deployment: Deployment;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly nowMs: () => number;
}

/** Targets, trust, policies, channels and exports as they are declared: by files, or one by one; each change is in the log. */
export function openConfiguration({ store, sealer, deployment, audit, nowMs }: ConfigurationParts): OpenConfiguration {
  const parts = {
    store,
    sealer,
    loaders: {
      issuers: issuerLoader(deployment),
      trust: loadTrustRules,
      policies: parsePolicies,
      channels: loadChannels,
      exports: loadExports,
      declareIssuer,
      declareRule: declareTrustRule,
      declareChannel,
      declareExport,
      retention: loadRetention,
      declareRetention: (stored: string) => declareRetention(JSON.parse(stored) as RetentionRule),
    },
    protocols: PROTOCOLS,
    record: async (changes: readonly Change[], by: string) => {
      for (const { action, kind, name } of changes) {
        await audit.note({ kind: NOTES[kind], detail: { action, what: kind, name, by } });
      }
    },
    now: nowMs,
  };
  return { configuration: makeConfigurationService(parts), configurationObjects: makeConfigurationObjects(parts) };
}

/** An issuer of the demo vouches for nothing, so a configured deployment takes none from any file. */
function issuerLoader({ kind }: Deployment): typeof loadIssuers {
  return (declared: readonly Declared[]) => {
    const loaded = loadIssuers(declared);
    if (kind === 'demo') return loaded;
    const demos = declared.filter(
      ({ value }) => typeof value === 'object' && value !== null && 'demo' in value && value.demo === true,
    );
    const problems = demos.map((source) => ({
      file: source.file,
      line: source.line(['demo']),
      message: 'an issuer of the demo is not trusted by a configured gateway',
      advice: 'Remove it; `chaperone start --demo` brings its own.',
    }));
    return problems.length === 0 ? loaded : { items: [], problems: [...loaded.problems, ...problems] };
  };
}
