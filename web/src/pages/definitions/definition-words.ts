import type { DefinitionFinding, DefinitionSummary } from '../../api/types.ts';
import type { Tone } from '../../ui/Badge.tsx';

export const STANDING_WORDS: Readonly<Record<DefinitionSummary['standing'], string>> = {
  new: 'New',
  changed: 'Changed',
  accepted: 'Accepted',
  rejected: 'Rejected',
};

export const STANDING_TONES: Readonly<Record<DefinitionSummary['standing'], Tone>> = {
  new: 'hold',
  changed: 'deny',
  accepted: 'permit',
  rejected: 'neutral',
};

/** What each finding means, for somebody who sees it for the first time. */
export const FINDING_WORDS: Readonly<Record<DefinitionFinding['code'], string>> = {
  'hidden-text': 'Text that shows nowhere and a model reads',
  'invisible-characters': 'Characters without a shape',
  'text-direction': 'Characters that turn the order of text',
  'control-characters': 'Control characters, as of a terminal',
  'hidden-comment': 'A comment or an element that is not shown',
  instruction: 'An order to the model',
  'keeps-from-user': 'Something is to be kept from the user',
  'secret-file': 'Keys or credentials are named',
  'asks-for-context': 'The conversation is asked for as an argument',
  'sends-elsewhere': 'What was read is to be sent somewhere',
  'remote-image': 'An image from elsewhere',
  'encoded-text': 'A long encoded text',
  'names-other-tool': 'A tool of another target is named',
  'looks-alike': 'The name looks like that of another tool',
  unreadable: 'It is no JSON',
};

export const KIND_WORDS: Readonly<Record<DefinitionSummary['kind'], string>> = {
  tool: 'Tool',
  prompt: 'Prompt',
  resource: 'Resource',
  template: 'Template',
  server: 'Server',
};

/** What a definition is called where the server gives it no name. */
export function nameOf({ kind, name }: Pick<DefinitionSummary, 'kind' | 'name'>): string {
  if (name !== '') return name;
  return kind === 'server' ? 'What the server says of itself' : '(no name)';
}
