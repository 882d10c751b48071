import type { DefinitionSummary } from '../../api/types.ts';
import { Badge } from '../../ui/Badge.tsx';
import { STANDING_TONES, STANDING_WORDS } from './definition-words.ts';

export function StandingBadge({ standing }: Pick<DefinitionSummary, 'standing'>) {
  return <Badge tone={STANDING_TONES[standing]}>{STANDING_WORDS[standing]}</Badge>;
}
