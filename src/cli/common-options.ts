import type { Command } from 'commander';

/** Options of every command that asks a gateway. */
export interface GatewayOptions {
  readonly url?: string;
  readonly json?: boolean;
}

export function withGatewayOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--json', 'answer in JSON');
}

/** `2h`, `30m`, `7d`, a date or an RFC 3339 time, as RFC 3339 in UTC; undefined for what is none of these. */
export function parseTime(text: string, nowMs: number): string | undefined {
  const [, amount, unit] = /^(\d{1,6})\s*(s|m|h|d|w)$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[unit ?? ''];
  const ms = seconds === undefined ? Date.parse(text) : nowMs - Number(amount) * seconds * 1000;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
