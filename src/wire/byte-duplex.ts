import { Duplex } from 'node:stream';
import type { ByteStream } from './byte-stream.ts';

/** A stream of Node's over a `ByteStream` that has none of its own; it reads when it is read, and no sooner. */
export function duplexOf(stream: ByteStream): Duplex {
  const duplex = new Duplex({
    read() {
      stream.read().then(
        (bytes) => duplex.push(bytes === null ? null : Buffer.from(bytes)),
        (fault: unknown) => duplex.destroy(fault as Error),
      );
    },
    write(bytes: Buffer, _encoding, done) {
      settle(stream.write(bytes), done);
    },
    writev(pieces, done) {
      settle(stream.write(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer))), done);
    },
    final(done) {
      settle(stream.end(), done);
    },
    destroy(fault, done) {
      stream.destroy(fault ?? undefined);
      done(fault);
    },
  });
  const leave = (): void => void duplex.destroy();
  stream.signal.addEventListener('abort', leave, { once: true });
  duplex.once('close', () => stream.signal.removeEventListener('abort', leave));
  return duplex;
}

function settle(slow: Promise<void> | undefined, done: (fault?: Error | null) => void): void {
  if (slow === undefined) return done();
  slow.then(() => done(), done);
}
