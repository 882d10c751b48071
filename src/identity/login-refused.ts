/** Why somebody cannot log in, as a closed list: shown to them, and in the audit log. */
export type LoginReason =
  | 'not-configured'
  | 'provider-unavailable'
  | 'provider-refused'
  | 'attempt-unknown'
  | 'answer-invalid'
  | 'claims-unusable'
  | 'login-taken'
  | 'disabled'
  | 'code-unknown';

/** A login that did not succeed. Its message is for the person, and carries nothing secret. */
export class LoginRefused extends Error {
  readonly reason: LoginReason;

  constructor(reason: LoginReason, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'LoginRefused';
    this.reason = reason;
  }
}
