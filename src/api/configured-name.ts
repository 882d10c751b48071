/** A name as the log may hold it: the configuration's own; what else somebody typed may be anything, and is `none`. */
export function configuredName(typed: string, configured: readonly { readonly name: string }[]): string {
  return configured.some(({ name }) => name === typed) ? typed : 'none';
}
