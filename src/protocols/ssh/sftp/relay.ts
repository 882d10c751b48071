import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { Exchange } from '../../protocol.ts';
import type { Channel } from '../channels/channel.ts';
import { type FileAsk, fileRequest, quoted } from '../files/file-operation.ts';
import type { SshUpstream } from '../host/upstream.ts';
import { AskExchange } from './ask-exchange.ts';
import { askedFiles, mayMoveFolder, type NamedPath, type NamingRequest, pathsOf } from './asked-files.ts';
import { attributeFlags, attributeWords } from './attributes.ts';
import type { SftpClient } from './client.ts';
import { HandleExchange } from './handle-exchange.ts';
import type { HandleRequest } from './handle-parts.ts';
import type { SftpHost } from './host.ts';
import { limitsPacket } from './limits-reply.ts';
import { Gauge } from './mailbox.ts';
import { type Names, type ResolvedPath, Unnamed } from './names.ts';
import { STATUS } from './numbers.ts';
import { PacketReader } from './packets.ts';
import { PathOrder } from './path-order.ts';
import { exactly, readRequest, type SftpRequest } from './requests.ts';

export interface RelayParts {
  readonly channel: Channel;
  readonly client: SftpClient;
  readonly host: SftpHost;
  readonly names: Names;
  readonly packets: PacketReader;
  /** The login at the host. */
  readonly user: string;
  readonly run: (exchange: Exchange<SshUpstream>) => Promise<void>;
}

/** Something that is open, with the path that it was opened by. */
interface Opened {
  readonly exchange: HandleExchange;
  readonly path: ResolvedPath;
}

/** Makes exchanges of what a client asks in an SFTP session, several at once. */
export class SftpRelay {
  readonly #parts: RelayParts;
  readonly #opened = new Map<string, Opened>();
  readonly #order = new PathOrder();
  /** Requests that are not answered yet; what was opened is. */
  readonly #asking = new Gauge(LIMITS.maxSftpRequests);
  readonly #working = new Set<Promise<void>>();
  readonly #broken = Promise.withResolvers<never>();

  constructor(parts: RelayParts) {
    this.#parts = parts;
    // Whoever runs it hears of it.
    this.#broken.promise.catch(heardByRun);
  }

  /** Returns once the client asks no more and all that it asked is answered. Rejects with what ends the session. */
  async run(): Promise<void> {
    await Promise.race([this.#read(), this.#broken.promise]);
    for (const { exchange } of this.#opened.values()) exchange.leave();
    await Promise.race([Promise.all(this.#working), this.#broken.promise]);
  }

  /** Takes bytes of the client's. Throws `MalformedSftp`. */
  async take(bytes: Buffer): Promise<void> {
    for (const packet of this.#parts.packets.push(bytes)) {
      const request = readRequest(packet);
      const taking = this.#take(request, exactly(packet, request));
      if (taking !== undefined) await taking;
      const room = this.#asking.room();
      if (room !== undefined) await room;
    }
  }

  async #read(): Promise<void> {
    const { channel } = this.#parts;
    for (let next = await channel.next(); next !== null && next.kind !== 'eof'; next = await channel.next()) {
      if (next.kind === 'request') next.answer(false);
      else if (next.stream === 'out') await this.take(next.bytes);
    }
  }

  #take(request: SftpRequest, packet: Buffer): Promise<void> | undefined {
    if (request.kind === 'unknown') return this.#unknown(request.id, request.name);
    if (request.kind === 'limits') return this.#limits(request.id);
    if (!('handle' in request)) {
      this.#begin(this.#name(request));
      return undefined;
    }
    const opened = this.#opened.get(keyOf(request.handle));
    if (opened === undefined)
      return this.#parts.client.fail(request.id, STATUS.failure, 'nothing is open by this handle');
    if (request.kind === 'fsetstat') return this.#setAttributes(request, opened);
    if (request.kind === 'copy-data') return this.#copy(request, opened);
    if (request.kind === 'close') this.#opened.delete(keyOf(request.handle));
    return opened.exchange.take(request, packet);
  }

  /** Runs beside others; what it breaks on ends the session. */
  #begin(work: Promise<void>): void {
    const working: Promise<void> = work.catch(this.#broken.reject).finally(() => this.#working.delete(working));
    this.#working.add(working);
  }

  /** What names paths: once all that it hangs on is over, and once the host has said what they are. */
  async #name(request: NamingRequest): Promise<void> {
    this.#asking.add(1);
    let leave = (): void => this.#asking.take(1);
    try {
      const { paths, changes } = pathsOf(request, this.#parts.names);
      const use = { paths: paths.map(({ named }) => named), changes };
      leave = await this.#order.enter(use, leave);
      await this.#decide(request, paths, leave);
    } catch (cause) {
      if (!(cause instanceof Unnamed)) throw cause;
      await this.#refuse(request.id, cause.refusal, request.kind);
    } finally {
      leave();
    }
  }

  /** `answered` is called once the client has got an answer, where the exchange goes on after that. */
  async #decide(request: NamingRequest, paths: readonly NamedPath[], answered: () => void): Promise<void> {
    const { names, client, host, user, run } = this.#parts;
    const found =
      request.kind === 'expand-path'
        ? [await names.expand(request.path)]
        : await Promise.all(paths.map(({ named, itself }) => names.resolve(named, itself)));
    const [from] = found;
    const isFolder = from !== undefined && mayMoveFolder(request) && (await names.isFolder(from.real));
    const { ask, forwarded } = askedFiles(request, paths, found, isFolder);
    const asked = fileRequest({ ...ask, user });
    const { id } = request;
    const [path] = found;
    if (path === undefined || (request.kind !== 'open' && request.kind !== 'opendir')) {
      return run(new AskExchange(asked, { client, host }, id, forwarded));
    }
    if (this.#opened.size >= LIMITS.maxSftpHandles) {
      return client.fail(id, STATUS.failure, `more than ${LIMITS.maxSftpHandles} files are open`);
    }
    const exchange: HandleExchange = new HandleExchange({
      request: asked,
      client,
      host,
      id,
      opening: forwarded,
      onOpened: (handle) => {
        this.#opened.set(keyOf(handle), { exchange, path });
        answered();
      },
      onClosed: (handle) => {
        if (this.#opened.get(keyOf(handle))?.exchange === exchange) this.#opened.delete(keyOf(handle));
      },
    });
    return run(exchange);
  }

  /** A change by handle is decided as one by name, in its place among what was asked of the handle. */
  #setAttributes(request: HandleRequest & { readonly kind: 'fsetstat' }, { exchange, path }: Opened): undefined {
    const { user, client, host } = this.#parts;
    const words = ['fsetstat', quoted(path.real), ...attributeWords(request.attributes)].join(' ');
    const files = namesOf(path).map((one) => ({ path: one, use: 'attributes' }) as const);
    const flags = attributeFlags(request.attributes);
    const asked = fileRequest({ kind: 'file-attributes', access: 'write', files, flags, user, words });
    exchange.between(() => this.#parts.run(new AskExchange(asked, { client, host }, request.id, own(request))));
    return undefined;
  }

  /** Both were decided when they were opened; that one goes into the other is decided here. */
  #copy(request: HandleRequest & { readonly kind: 'copy-data' }, from: Opened): Promise<void> | undefined {
    const { user, client, host } = this.#parts;
    const into = this.#opened.get(keyOf(request.into));
    if (into === undefined) return client.fail(request.id, STATUS.failure, 'nothing is open by this handle');
    const files = [
      ...namesOf(from.path).map((path) => ({ path, use: 'read' }) as const),
      ...namesOf(into.path).map((path) => ({ path, use: 'write' }) as const),
    ];
    const words = `copy ${quoted(from.path.real)} into ${quoted(into.path.real)}`;
    const asked = fileRequest({ kind: 'file-write', access: 'write', files, flags: ['copy'], user, words });
    const copy = async (): Promise<void> => {
      await this.#parts.run(new AskExchange(asked, { client, host }, request.id, own(request)));
      into.exchange.copied(request.length);
    };
    if (into.exchange === from.exchange) from.exchange.between(copy);
    else {
      const reached = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      into.exchange.between(() => {
        reached.resolve();
        return done.promise;
      });
      from.exchange.between(() => reached.promise.then(copy).finally(done.resolve));
    }
    return undefined;
  }

  #unknown(id: number, name: string): undefined {
    const refusal: Refusal = {
      code: 'protocol-unsupported',
      message: `${quoted(name)} is no request of SFTP that the gateway knows`,
    };
    // Clients that only try whether it is there go on without it.
    this.#begin(this.#refuse(id, refusal, name, STATUS.unsupported));
    return undefined;
  }

  /** What cannot be carried is on record as well. */
  #refuse(id: number, unsupported: Refusal, what: string, status?: number): Promise<void> {
    const { client, host, user } = this.#parts;
    const ask: FileAsk = { kind: 'unknown', access: 'unknown', files: [], user, words: quoted(what), unsupported };
    const nothing = { kind: 'limits', raw: Buffer.alloc(0) } as const;
    return this.#parts.run(new AskExchange(fileRequest(ask), { client, host }, id, nothing, status));
  }

  /** What the host can do, as far as it is not more than the gateway can; it is about no file. */
  #limits(id: number): undefined {
    const { client, host } = this.#parts;
    const answer = async (): Promise<void> => {
      await client.send(limitsPacket(id, await host.ask({ kind: 'limits', raw: Buffer.alloc(0) })));
    };
    this.#begin(answer());
    return undefined;
  }
}

function keyOf(handle: Buffer): string {
  return handle.toString('latin1');
}

function namesOf({ named, real }: ResolvedPath): readonly string[] {
  return named === real ? [real] : [named, real];
}

/** Its bytes in memory of their own: it waits for its turn. */
function own<One extends HandleRequest>(request: One): One {
  const into = 'into' in request ? { into: Buffer.from(request.into) } : {};
  return { ...request, handle: Buffer.from(request.handle), ...into };
}

function heardByRun(): void {}
