/**
 * A double of an API server: discovery, objects, tables, patches, watches, logs and streams, as far as clients in tests ask
 * for them. What it says is held against transcripts of a real one (test/differential/kubernetes-double.test.ts).
 */
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { parse } from 'yaml';
import replies from '../../corpus/kubernetes/replies.json' with { type: 'json' };
import { type ClusterObject, merged, ObjectsDouble } from './objects-double.ts';
import { streamDouble } from './streams-double.ts';
import { tableOf } from './tables-double.ts';

export interface ApiServerDouble extends AsyncDisposable {
  readonly port: number;
  readonly objects: ObjectsDouble;
  /** What it was asked that changed something, and what ran: `delete configmaps notes`, `exec sh -c true`. */
  readonly done: readonly string[];
  /** Every request, as `GET /version`. */
  readonly asked: readonly string[];
  /** Whom it takes for whom, from now on. */
  token: string;
  /** Breaks every connection, as a server that dies does. */
  die(): void;
}

export interface ApiServerDoubleOptions {
  readonly token: string;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** What a pod's log says, line by line; without end where it is followed. */
  readonly log?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What of the protocols of streams it knows; all where absent. */
  readonly takes?: (name: string) => boolean;
}

export async function startApiServerDouble(options: ApiServerDoubleOptions): Promise<ApiServerDouble> {
  const double = new Double(options);
  await double.listen();
  return double;
}

interface Place {
  /** The collection's path. */
  readonly collection: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

class Double implements ApiServerDouble {
  readonly objects = new ObjectsDouble();
  readonly done: string[] = [];
  readonly asked: string[] = [];
  token: string;
  readonly #options: ApiServerDoubleOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #trusted = new WeakSet<Duplex>();

  constructor(options: ApiServerDoubleOptions) {
    this.#options = options;
    this.token = options.token;
    const { tls } = options;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(request, response);
    this.#server =
      tls === undefined
        ? createPlain(onRequest)
        : createServer({ cert: tls.certificate, key: tls.key, ALPNProtocols: ['http/1.1'] }, onRequest);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // As a gateway's own port has it: a tunnel in which nothing more need be proved.
    this.#server.on('connect', (request, socket) => {
      if (request.headers['proxy-authorization']?.endsWith(`.${this.token}`) !== true) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      this.#trusted.add(socket);
      this.#server.emit('connection', socket);
    });
    this.#server.on('upgrade', (request, socket, head) => {
      if (!this.#isOurs(request)) {
        socket.end(UNAUTHORIZED);
        return;
      }
      const { environment = {}, takes } = options;
      const asked = {
        environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...environment },
        onDone: (what: string) => this.done.push(what),
        ...(takes === undefined ? {} : { takes }),
      };
      if (!streamDouble(request, socket, head, asked)) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  die(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #isOurs({ headers, socket }: IncomingMessage): boolean {
    return this.#trusted.has(socket) || headers.authorization === `Bearer ${this.token}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Nothing of its own that differs from reply to reply; and what is the gateway's can be told from it.
    response.sendDate = false;
    response.setHeader('x-server', 'double');
    const body = await bodyOf(request);
    if (this.#isOurs(request)) this.asked.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? '/', 'http://cluster');
    if (!this.#isOurs(request)) return say(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
    const known = DISCOVERY.get(url.pathname);
    if (known !== undefined) return say(response, 200, known);
    const place = placeOf(url.pathname);
    if (place === undefined) return say(response, 404, status(404, 'NotFound', NO_RESOURCE, {}));
    if (place.subresource === 'log') return this.#log(response, url.searchParams, place.name ?? '');
    const { subresource = '', collection, name = '', resource } = place;
    if (STREAMS.has(subresource) && this.objects.get(collection, name) === undefined) {
      return say(response, 404, notFound(resource, name));
    }
    if (STREAMS.has(subresource)) return say(response, 400, status(400, 'BadRequest', 'Upgrade request required'));
    const accept = request.headers.accept ?? '';
    if (request.method === 'GET') return this.#read(response, place, url, accept);
    this.#change(response, place, request, body, url.searchParams.get('dryRun') === 'All');
  }

  #read(response: ServerResponse, place: Place, { searchParams }: URL, accept: string): void {
    const { collection, name, resource } = place;
    if (searchParams.get('watch') !== null) return this.#watch(response, place, accept);
    const isTable = accept.includes('as=Table');
    const includes = searchParams.get('includeObject') ?? 'Metadata';
    if (name !== undefined) {
      const object = this.objects.get(collection, name);
      if (object === undefined) return say(response, 404, notFound(resource, name));
      return say(response, 200, isTable ? tableOf(resource, [object], includes) : object);
    }
    const items = this.objects.list(collection);
    if (isTable) return say(response, 200, tableOf(resource, items, includes, this.objects.version));
    const kind = `${KINDS[resource] ?? 'Thing'}List`;
    const bare = items.map(({ kind: _kind, apiVersion: _version, ...item }) => item);
    say(response, 200, {
      kind,
      apiVersion: versionOf(collection),
      metadata: { resourceVersion: this.objects.version },
      items: bare,
    });
  }

  #watch(response: ServerResponse, { collection, resource }: Place, accept: string): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const isTable = accept.includes('as=Table');
    const tell = (type: string, object: ClusterObject): void => {
      response.write(
        `${JSON.stringify({ type, object: isTable ? tableOf(resource, [object], 'Metadata') : object })}\n`,
      );
    };
    for (const object of this.objects.list(collection)) tell('ADDED', object);
    const stop = this.objects.watch(collection, ({ type, object }) => tell(type, object));
    response.on('close', stop);
  }

  /** As many bytes as `limitBytes` says, where it says so; of the pod `hanging` one line, and then nothing. */
  #log(response: ServerResponse, asked: URLSearchParams, name: string): void {
    const { log = [] } = this.#options;
    response.writeHead(200, { 'content-type': 'text/plain' });
    const limit = Number(asked.get('limitBytes') ?? 0);
    if (limit > 0) {
      Readable.from(linesOf(limit)).pipe(response);
    } else if (!asked.has('follow')) {
      response.end(log.map((line) => `${line}\n`).join(''));
    } else {
      let at = 0;
      const next = (): void => void response.write(`${log[at++ % log.length] ?? ''}\n`);
      next();
      const timer = name === 'hanging' ? undefined : setInterval(next, 20);
      response.on('close', () => clearInterval(timer));
    }
  }

  #change(
    response: ServerResponse,
    place: Place,
    { method = '', headers }: IncomingMessage,
    body: string,
    dryRun: boolean,
  ): void {
    const { collection, resource } = place;
    const sent = body === '' ? undefined : (parse(body) as ClusterObject);
    const name = place.name ?? sent?.metadata?.name ?? '';
    const known = this.objects.get(collection, name);
    const keep = (object: ClusterObject): ClusterObject => (dryRun ? object : this.objects.put(collection, object));
    if (!dryRun) this.done.push(`${VERBS[method] ?? method} ${resource} ${name}`);
    if (method === 'POST') {
      if (known !== undefined)
        return say(
          response,
          409,
          status(409, 'AlreadyExists', `${resource} "${name}" already exists`, { name, kind: resource }),
        );
      return say(response, 201, keep(stored(sent!)));
    }
    const isApply = (headers['content-type'] ?? '').startsWith('application/apply-patch');
    if (known === undefined && !isApply) return say(response, 404, notFound(resource, name));
    if (method === 'DELETE') {
      if (!dryRun) this.objects.remove(collection, name);
      return say(response, 200, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name, kind: resource },
      });
    }
    if (method === 'PUT') return say(response, 200, keep(stored(sent!)));
    const patched = (headers['content-type'] ?? '').startsWith('application/json-patch')
      ? jsonPatched(known, sent)
      : merged(known, sent);
    say(response, known === undefined ? 201 : 200, keep(patched as ClusterObject));
  }
}

const STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);
const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const KINDS: Readonly<Record<string, string>> = {
  pods: 'Pod',
  configmaps: 'ConfigMap',
  secrets: 'Secret',
  namespaces: 'Namespace',
  deployments: 'Deployment',
};
const NO_RESOURCE = 'the server could not find the requested resource';
const UNAUTHORIZED = 'HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

/** As the real server said it. */
const DISCOVERY = new Map<string, unknown>(
  replies.replies
    .filter(({ request: { path } }) => /^\/(?:version|api|apis|api\/v1|apis\/apps\/v1)$/.test(path))
    .map(({ request, reply }) => [request.path, known(JSON.parse(reply.body ?? 'null'))]),
);

/** Of the groups only the one whose resources are told. */
function known(said: { readonly kind?: string; readonly groups?: readonly { readonly name: string }[] }): unknown {
  return said.kind === 'APIGroupList' ? { ...said, groups: said.groups?.filter(({ name }) => name === 'apps') } : said;
}

function placeOf(path: string): Place | undefined {
  const [, base, namespace, rest = ''] =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/(.*)$/.exec(path) ?? [];
  const [resource = '', name, subresource] = rest.split('/');
  if (base === undefined || KINDS[resource] === undefined) return undefined;
  const collection = `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}`;
  return { collection, resource, namespace, name, subresource };
}

function* linesOf(bytes: number): Generator<Buffer> {
  const lines = Buffer.from(`${'a line of a long log, with nothing in it'.padEnd(99, '.')}\n`.repeat(640));
  for (let left = bytes; left > 0; left -= lines.length) yield lines.subarray(0, Math.min(left, lines.length));
}

/** A Secret's text is kept in base64 alone. */
function stored(object: ClusterObject): ClusterObject {
  const { stringData, ...rest } = object as ClusterObject & { readonly stringData?: Readonly<Record<string, string>> };
  if (stringData === undefined) return { ...object, kind: object.kind, apiVersion: object.apiVersion };
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { ...rest, data, type: 'Opaque' };
}

/** `replace`, `add` and `remove` of members (RFC 6902). */
function jsonPatched(object: unknown, patch: unknown): unknown {
  return (patch as readonly { op: string; path: string; value?: unknown }[]).reduce(
    (value, { op, path, value: put }) => {
      const change = path
        .split('/')
        .slice(1)
        .reduceRight<unknown>((inner, name) => ({ [name]: inner }), op === 'remove' ? null : put);
      return merged(value, change);
    },
    object,
  );
}

function versionOf(collection: string): string {
  return /^\/apis\/([^/]+\/[^/]+)/.exec(collection)?.[1] ?? 'v1';
}

function notFound(kind: string, name: string): object {
  return status(404, 'NotFound', `${kind} "${name}" not found`, { name, kind });
}

function status(code: number, reason: string, message: string, details?: object): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function say(response: ServerResponse, code: number, body: unknown, type = 'application/json'): void {
  response.writeHead(code, { 'content-type': type });
  response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
