import type { Fields } from '../../http/message.ts';
import { SPDY } from '../../http/message.ts';
import { ChannelWire } from './channel-wire.ts';
import { SpdyWire, type StreamUse } from './spdy/spdy-wire.ts';
import type { Facing, StreamWire } from './stream-wire.ts';
import { TunnelWire } from './tunnel-wire.ts';

/** A protocol of streams that is carried: its wire for either side. */
export interface StreamProtocol {
  /** As it is offered and answered. */
  readonly name: string;
  /** Who asks opens each channel, and says then what it is for. */
  readonly opens: boolean;
  /** The end of a command is told as a `Status` in JSON (v4 and later), not as text. */
  readonly statuses: boolean;
  wire(facing: Facing): StreamWire;
}

export interface AskedStream {
  readonly use: StreamUse;
  /** Of a WebSocket that forwards: the ports, each of which has two channels. */
  readonly ports: readonly number[];
  /** `websocket` or `spdy/3.1`. */
  readonly upgrade: string;
}

/** Where each kind of upgrade says what it offers, and what was taken. */
export function offerField(upgrade: string): string {
  return upgrade === SPDY ? 'x-stream-protocol-version' : 'sec-websocket-protocol';
}

/** What is offered, in its order; what is not carried goes no further. */
export function offeredProtocols(fields: Fields, asked: AskedStream): readonly StreamProtocol[] {
  const field = offerField(asked.upgrade);
  const names = fields.flatMap(([name, value]) => (name === field ? value.split(',').map((one) => one.trim()) : []));
  return names.map((name) => protocolOf(name, asked)).filter((one) => one !== undefined);
}

/** The protocol of a name; what is said without one is that of the first form. */
export function protocolOf(name: string, asked: AskedStream): StreamProtocol | undefined {
  const { use, upgrade, ports } = asked;
  if (upgrade === SPDY) {
    if (!SPDY_NAMES[use].has(name)) return undefined;
    return { name, opens: true, statuses: name === 'v4.channel.k8s.io', wire: (facing) => new SpdyWire(facing, use) };
  }
  if (name === TUNNEL) {
    if (use !== 'forward') return undefined;
    return { name, opens: true, statuses: false, wire: (facing) => new TunnelWire(facing) };
  }
  const [, version = '', base64 = ''] = CHANNELS.exec(name) ?? [];
  if (!CHANNELS.test(name) || (use === 'forward' && !['', 'v4.'].includes(version))) return undefined;
  if (base64 !== '' && version === 'v5.') return undefined;
  const form = { base64: base64 !== '', closes: version === 'v5.' };
  const channels = use === 'command' ? COMMAND_CHANNELS : ports.flatMap((_, at) => [`data:${at}`, `error:${at}`]);
  const statuses = version === 'v4.' || version === 'v5.';
  return { name, opens: false, statuses, wire: (facing) => new ChannelWire(facing, form, channels) };
}

/** In the order of their numbers. */
const COMMAND_CHANNELS = ['stdin', 'stdout', 'stderr', 'error', 'resize'] as const;
const CHANNELS = /^(v[2-5]\.)?(base64\.)?channel\.k8s\.io$/;
export const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const SPDY_NAMES: Readonly<Record<StreamUse, ReadonlySet<string>>> = {
  command: new Set(['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']),
  forward: new Set(['portforward.k8s.io']),
};
