/** Something in a definition that looks like a trap for the agent that reads it. It decides nothing: a person does. */
export interface Finding {
  readonly code: FindingCode;
  /** Where in the definition: a JSON pointer (RFC 6901), of a member's name with `#` behind it. */
  readonly where: string;
  /** What is there, in characters that show: hidden ones are named, hidden text is spelt out. */
  readonly snippet: string;
}

export const FINDING_CODES = [
  'hidden-text',
  'invisible-characters',
  'text-direction',
  'control-characters',
  'hidden-comment',
  'instruction',
  'keeps-from-user',
  'secret-file',
  'asks-for-context',
  'sends-elsewhere',
  'remote-image',
  'encoded-text',
  'names-other-tool',
  'looks-alike',
  'unreadable',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];
