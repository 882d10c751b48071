import type { Session } from '../../protocol.ts';
import type { SshUpstream } from '../host/upstream.ts';
import type { Asked } from './asked.ts';
import type { Channel } from './channel.ts';

/** A gateway's session with an SSH host: its own connection there, and one channel in it at a time. */
export type SshSession = Session<SshUpstream, SshGreeting>;

/** What a host said of itself: `OpenSSH_9.2p1`. */
export interface SshGreeting {
  readonly software: string;
  /** The login there. */
  readonly user: string;
}

/** A session channel that a client opened, and what it asked there. The client was told that it will get it. */
export interface SessionChannel {
  /** What it sends from here on: data, its end, signals, sizes of its window. */
  readonly client: Channel;
  readonly asked: Asked;
  readonly session: SshSession;
  /** The login at the host. */
  readonly user: string;
}

/**
 * What some session channels are for. Each decodes what is asked in its channel into exchanges and hands those to the
 * session: one for the channel as a whole, and, where there is more to decide inside of it (files), one for each while
 * the first one's reply is being read.
 */
export interface ChannelKind {
  /** Whether this is what was asked: the subsystem `sftp`, a command `scp -t`. The first kind that says so has it. */
  takes(asked: Asked): boolean;
  /**
   * Serves the channel until all of it is answered, refusals included; the channel is closed after that. Rejects with what
   * ends the session.
   */
  serve(channel: SessionChannel): Promise<void>;
}
