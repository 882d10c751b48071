import { yamlField } from '../../parts/configuration/yaml-field.ts';

export interface PolicySummary {
  readonly effect: 'permit' | 'deny';
  readonly targets: readonly string[];
  readonly operations: readonly string[];
  /** The group that is asked. */
  readonly approve?: string;
  readonly mask: readonly string[];
}

/** What a policy's text says, for a list. */
export function summaryOf(text: string): PolicySummary {
  const approve = yamlField(text, 'approve').find((word) => word.startsWith('group:'));
  return {
    effect: yamlField(text, 'effect')[0] === 'permit' ? 'permit' : 'deny',
    targets: yamlField(text, 'targets'),
    operations: yamlField(text, 'operations'),
    mask: yamlField(text, 'mask'),
    ...(approve !== undefined && { approve: approve.slice('group:'.length).trim() }),
  };
}
