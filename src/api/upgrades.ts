import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../model/limits.ts';
import { HttpProblem } from './problem.ts';

/** The routes that become WebSockets, by their path. A request to become one anywhere else is an ordinary request. */
const DOORS = /^\/v1\/(?:carrier\/[^/?]+|runs\/[^/?]+\/(?:attach|servers\/[^/?]+))(?:\?|$)/;

/** Of Node's server: whether a request with `Upgrade` leaves HTTP. */
export function isUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket' && DOORS.test(request.url ?? '');
}

// A constant of its own: the types do not know `closeTimeout` yet.
const SETTINGS = {
  noServer: true,
  perMessageDeflate: false,
  maxPayload: LIMITS.carrierMessageBytes,
  closeTimeout: LIMITS.carrierCloseMs,
  skipUTF8Validation: true,
};

/**
 * Lets routes become WebSockets. The request goes through the router like any, its limits and hooks included, and it is
 * the route's own decision, once it knows who is there: until then nothing is answered but by HTTP.
 */
export class Upgrades {
  readonly #waiting = new WeakMap<IncomingMessage, { readonly socket: Socket; readonly head: Buffer }>();
  readonly #sockets: WebSocketServer;

  constructor(app: FastifyInstance) {
    this.#sockets = new WebSocketServer(SETTINGS);
    app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#waiting.set(request, { socket, head });
      socket.on('error', () => socket.destroy());
      const response = new ServerResponse(request);
      response.assignSocket(socket);
      response.shouldKeepAlive = false;
      // The server has let go of it: nobody else would close what its client leaves half open.
      response.on('finish', () => socket.destroySoon());
      app.routing(request, response);
    });
    // A server closes once its sockets have, and these are nobody else's.
    app.addHook('preClose', (done) => {
      for (const open of this.#sockets.clients) open.terminate();
      done();
    });
  }

  /** The problem 426 where the request asks for no WebSocket, and 403 where it comes from a browser. */
  check(request: FastifyRequest): void {
    if (!this.#waiting.has(request.raw)) {
      throw new HttpProblem(426, 'This is a WebSocket', { hint: '`chaperone run` opens it.' });
    }
    const { origin, cookie, 'sec-fetch-site': site } = request.headers;
    // No page can hold a grant: whatever a browser sends here, somebody else had it sent.
    if (origin !== undefined || cookie !== undefined || site !== undefined) {
      throw new HttpProblem(403, 'This is not for browsers');
    }
  }

  /** Becomes a WebSocket; undefined where the client has gone meanwhile. The reply is not to be used after. */
  accept(request: FastifyRequest, reply: FastifyReply): Promise<WebSocket | undefined> {
    const waiting = this.#waiting.get(request.raw);
    this.#waiting.delete(request.raw);
    reply.hijack();
    if (waiting === undefined || waiting.socket.destroyed) return Promise.resolve(undefined);
    const { socket, head } = waiting;
    reply.raw.detachSocket(socket);
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined));
      this.#sockets.handleUpgrade(request.raw, socket, head, resolve);
    });
  }
}
