/** A server that is spoken to in messages one by one, whatever carries them: a program's pipes, or HTTP with SSE. */
export interface Channel {
  /** Sends one message, which is one line of JSON. Rejects where the server has gone, with a `Fault` or `ChannelRefused`. */
  send(message: string, fields: SendFields): Promise<void>;
  /** Takes what the server says, until `onEnd`, which comes once. Called once, before anything is sent. */
  listen(listener: ChannelListener): void;
  /** Nothing more is read until `resume`, as far as what is under way allows. */
  pause(): void;
  resume(): void;
  /** Ends the server, or leaves it; resolves when it has gone. Safe to call twice. */
  close(): Promise<void>;
}

export interface ChannelListener {
  readonly onMessage: (message: string) => void;
  /** The server has gone, and why; undefined where it was closed from here. */
  readonly onEnd: (fault: Error | undefined) => void;
}

/** What the request has that a message comes from: its head proves the gateway to a server that is reached by HTTP. */
export interface SendFields {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The query, where a credential is put there; with its question mark. */
  readonly query: string;
}
