/** What broke, as a closed list: ours, the upstream's, or the disk's. Never compared by message. */
export type FaultCode =
  | 'upstream-unreachable'
  | 'upstream-tls'
  | 'upstream-login'
  | 'upstream-closed'
  | 'upstream-protocol'
  | 'client-closed'
  | 'deadline'
  | 'log-unavailable'
  | 'log-corrupt'
  | 'signer-unavailable'
  | 'store-unavailable'
  | 'config-invalid'
  | 'internal';

export class Fault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }
}
