import { PacketReader } from './packets.ts';
import type { Ssh2Transport } from './ssh2.ts';

/** What the library has of its own offer, and of the peer's once it has read it. */
type Guessing = Omit<Ssh2Transport, '_kex'> & {
  readonly _offer: {
    readonly lists: Readonly<Record<'kex' | 'serverHostKey', { readonly array: readonly string[] }>>;
  };
  readonly _kex: { readonly _remoteKexinit?: Buffer } | undefined;
};

/**
 * Has the library take a first packet of a key exchange that was guessed right (RFC 4253, section 7.1). It drops each one as
 * if it were wrong, because it compares names with a letter, and then waits for a packet that was sent already: Dropbear's
 * client guesses, and got nowhere. Safe to call twice.
 */
export function mindGuesses(library: { readonly prototype: object }): void {
  if (Object.hasOwn(library.prototype, SKIPS)) return;
  const skipping = new WeakSet<object>();
  Object.defineProperty(library.prototype, SKIPS, {
    get(this: Guessing): boolean {
      return skipping.has(this) && !isGuessedRight(this);
    },
    set(this: Guessing, skips: boolean) {
      if (skips) skipping.add(this);
      else skipping.delete(this);
    },
  });
}

const SKIPS = '_skipNextInboundPacket';
const COOKIE_BYTES = 16;

/** Both sides' first choices of a method and of a kind of host key are the same. */
function isGuessedRight({ _kex, _offer }: Guessing): boolean {
  const said = _kex?._remoteKexinit;
  if (said === undefined) return false;
  const reader = new PacketReader(said, 1 + COOKIE_BYTES);
  const { kex, serverHostKey } = _offer.lists;
  return reader.list()[0] === kex.array[0] && reader.list()[0] === serverHostKey.array[0];
}
