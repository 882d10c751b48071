import type { JsonObject } from './lossless-json.ts';

/** The revisions of the specification that are spoken here, on either side. */
export const MODERN = '2026-07-28';
export const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
export const NEWEST_LEGACY = LEGACY[0];

export const VERSION_META = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES_META = 'io.modelcontextprotocol/clientCapabilities';
export const CLIENT_META = 'io.modelcontextprotocol/clientInfo';
export const SUBSCRIPTION_META = 'io.modelcontextprotocol/subscriptionId';

export type EraName = 'modern' | 'legacy';

/** How a server is spoken to. */
export type Era =
  | { readonly kind: 'modern'; readonly version: string; readonly capabilities: JsonObject }
  | {
      readonly kind: 'legacy';
      readonly version: string;
      readonly capabilities: JsonObject;
      /** Absent where the server gave none. */
      readonly session: string | undefined;
    };

/** A revision is a date. */
export function isModern(version: string): boolean {
  return version >= MODERN;
}
