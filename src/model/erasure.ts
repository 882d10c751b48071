/** Why bodies are erased; an entry of the log says one of these, and words of people stay in the store. */
export const ERASURE_REASONS = ['data-subject', 'retention', 'contract', 'mistake', 'order', 'other'] as const;
export type ErasureReason = (typeof ERASURE_REASONS)[number];
