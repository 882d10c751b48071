/** What the tests of logins to real servers share. */
import assert from 'node:assert/strict';
import { Fault, type FaultCode } from '../../src/model/fault.ts';
import { Secret } from '../../src/model/secret.ts';
import type { TlsMode } from '../../src/model/target.ts';
import { ServerError } from '../../src/protocols/postgres/login-messages.ts';
import {
  connectUpstream,
  type UpstreamConnection,
  type UpstreamOptions,
} from '../../src/protocols/postgres/upstream-login.ts';
import type { PostgresServer } from './postgres-server.ts';

export function optionsOf(server: PostgresServer, mode: TlsMode): UpstreamOptions {
  return {
    address: { host: server.host, port: server.port },
    tls: { mode, ...(server.ca === undefined ? {} : { ca: server.ca }) },
    credential: { user: server.user, password: new Secret(server.password) },
    parameters: {},
  };
}

export function withPassword(server: PostgresServer, password: string): UpstreamOptions {
  return { ...optionsOf(server, 'require'), credential: { user: server.user, password: new Secret(password) } };
}

export async function login(options: UpstreamOptions): Promise<void> {
  const connection = await connectUpstream(options, new AbortController().signal);
  connection.socket.destroy();
}

export async function outcomeOf(options: UpstreamOptions): Promise<'verified' | 'unverified' | 'plain' | 'refused'> {
  try {
    const { socket, tls } = await connectUpstream(options, new AbortController().signal);
    socket.destroy();
    if (tls === undefined) return 'plain';
    return tls.verified ? 'verified' : 'unverified';
  } catch (error) {
    assert.ok(error instanceof Fault);
    return 'refused';
  }
}

export function loginFault(sqlstate: string, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'upstream-login' satisfies FaultCode);
    assert.match(error.message, message);
    assert.ok(error.cause instanceof ServerError);
    assert.equal(error.cause.sqlstate, sqlstate);
    return true;
  };
}

export function tlsFault(message: RegExp) {
  return { code: 'upstream-tls' satisfies FaultCode, message };
}

/** The bytes of the reply to one query, as text; ends the session. */
export async function ask({ socket }: UpstreamConnection, sql: string): Promise<string> {
  const body = Buffer.from(`${sql}\0`);
  const head = Buffer.from([0x51, 0, 0, 0, 0]);
  head.writeInt32BE(4 + body.length, 1);
  socket.write(Buffer.concat([head, body]));
  let reply = '';
  for await (const chunk of socket) {
    reply += (chunk as Buffer).toString('latin1');
    if (reply.endsWith('Z\0\0\0\u0005I')) break;
  }
  return reply;
}
