import type { Json, JsonObject } from './lossless-json.ts';

/** What came of a request: JSON-RPC 2.0, section 5. */
export type Outcome =
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly error: JsonObject };

export const RPC = {
  parse: -32_700,
  invalid: -32_600,
  unknownMethod: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  noResource: -32_002,
  headerMismatch: -32_020,
  unsupportedVersion: -32_022,
} as const;

export function failed(code: number, message: string, data?: JsonObject): Outcome & { readonly kind: 'error' } {
  return { kind: 'error', error: { code, message, ...(data === undefined ? {} : { data }) } };
}

export function response(id: Json, outcome: Outcome): JsonObject {
  const common = { jsonrpc: '2.0', id };
  return outcome.kind === 'result' ? { ...common, result: outcome.result } : { ...common, error: outcome.error };
}
