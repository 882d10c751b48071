/** The gateway's settings that are compared, one target each. */
export const HTTP_TARGETS = ['batched', 'strict', 'capped'] as const;
