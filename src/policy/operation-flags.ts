/** The flags that operations may bear; docs/reference/policy.md says what each means, and a test holds the two together. */
export const OPERATION_FLAGS: readonly string[] = `
  copy-program copy-file file-access large-object do-block dynamic-sql dblink foreign-access unknown-function
  volatile-function dynamic-setting parser-setting set-role session-replication-role superuser-setting search-path
  custom-setting create-function security-definer untrusted-language change-owner row-security row-security-setting triggers
  rules create-operator create-cast extension
  explain-analyze returning for-update into temporary sensitive-catalog unparsable opaque-source in-function
  in-trigger fires-trigger cascades through-view unknown-relation advisory-lock sleep
  listen notify terminate-backend two-phase
  subscription credentials
  terminal-command set-id owner copy rsync delete signed push-options
  pipe redirect-write background substitution privilege shell interpreter network opaque
`
  .trim()
  .split(/\s+/);
