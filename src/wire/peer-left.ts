/** Why a stream ended: the peer closed it, the connection broke, or this side destroyed it. */
export class PeerLeft extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'PeerLeft';
  }
}
