/** The first revision in which every request says everything, and headers repeat what the body says. */
export const MODERN = '2026-07-28';
/** What a client means that says nothing (2025-11-25, Transports, "Protocol Version Header"). */
export const UNSAID = '2025-03-26';

export const META = {
  version: 'io.modelcontextprotocol/protocolVersion',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  client: 'io.modelcontextprotocol/clientInfo',
} as const;

/** A revision is a date, so they are ordered as their texts are. */
export function isModern(version: string): boolean {
  return version >= MODERN;
}

export function isVersion(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}
