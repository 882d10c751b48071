/** What is known of a failed connection, as a code or a few words; never text that a peer chose freely. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection was closed';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0]);
  return error.name;
}
