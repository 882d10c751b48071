import { cstring, FRONTEND, int16, int32, message, STARTUP } from '../../src/protocols/postgres/messages.ts';

/** Numbers from a seed (mulberry32), so that a failing run can be made again. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `below`, exclusive. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.roll(from.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.roll(256)));
  }
}

const packet = (code: number, ...fields: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([int32(code), ...fields]);
  return Buffer.concat([int32(body.length + 4), body]);
};

const parameters = (values: Readonly<Record<string, string>>): Buffer[] => [
  ...Object.entries(values).flatMap(([name, value]) => [cstring(name), cstring(value)]),
  Buffer.from([0]),
];

/** What a client may send before it is logged in (manual, 55.7), well formed. */
export function openings(user: string, database: string): readonly Buffer[] {
  const login = { user, database };
  return [
    packet(STARTUP.ssl),
    packet(STARTUP.gss),
    packet(STARTUP.cancel, int32(1234), Buffer.from('0123')),
    packet(STARTUP.cancel, int32(1234), Buffer.alloc(32, 7)),
    packet(0x00030000, ...parameters(login)),
    packet(0x00030002, ...parameters({ ...login, application_name: 'fuzz', client_encoding: 'UTF8' })),
    packet(0x00030009, ...parameters({ ...login, '_pq_.unknown': 'x' })),
    packet(0x00030000, ...parameters({ ...login, options: '-c statement_timeout=1s --geqo=on \\ x' })),
    packet(0x00030000, ...parameters({ ...login, replication: 'database' })),
    packet(0x00020000, Buffer.alloc(288)),
    message(FRONTEND.password, cstring('SCRAM-SHA-256'), int32(32), Buffer.from('n,,n=,r=abcdefghijklmnopqrstuvwx')),
    message(FRONTEND.password, Buffer.from('c=biws,r=abc,p=AAAA')),
    Buffer.from('16030100a5010000a10303', 'hex'),
    Buffer.from('GET / HTTP/1.1\r\nhost: example.com\r\n\r\n'),
  ];
}

const bind = (portal: string, statement: string, value: string): Buffer =>
  message(
    FRONTEND.bind,
    cstring(portal),
    cstring(statement),
    int16(0),
    int16(1),
    int32(value.length),
    Buffer.from(value),
    int16(1),
    int16(1),
  );

/** What a client may send in a session, well formed. */
export const REQUESTS: readonly Buffer[] = [
  message(FRONTEND.query, cstring('select 1')),
  message(FRONTEND.query, cstring('begin; select 1/0; commit')),
  message(FRONTEND.query, cstring('copy pg_temp.t from stdin')),
  message(FRONTEND.query, cstring('create temp table if not exists t(a text)')),
  message(FRONTEND.query, cstring('copy (select generate_series(1, 200)) to stdout')),
  message(FRONTEND.query, cstring('')),
  message(FRONTEND.parse, cstring(''), cstring('select $1::text'), int16(1), int32(25)),
  message(FRONTEND.parse, cstring('s1'), cstring('select $1::int'), int16(0)),
  bind('', '', 'x'),
  bind('p1', 's1', '7'),
  message(FRONTEND.describe, Buffer.from('S'), cstring('s1')),
  message(FRONTEND.describe, Buffer.from('P'), cstring('')),
  message(FRONTEND.execute, cstring(''), int32(0)),
  message(FRONTEND.execute, cstring('p1'), int32(1)),
  message(FRONTEND.close, Buffer.from('S'), cstring('s1')),
  message(FRONTEND.sync),
  message(FRONTEND.flush),
  message(FRONTEND.copyData, Buffer.from('one\n')),
  message(FRONTEND.copyDone),
  message(FRONTEND.copyFail, cstring('no')),
  message(FRONTEND.functionCall, int32(1), int16(0), int16(0), int16(0)),
  message(FRONTEND.password, cstring('late')),
  message(FRONTEND.terminate),
];

/** A few of the messages, some of them damaged: flipped bytes, wrong lengths, cut, repeated, noise between. */
export function damaged(dice: Dice, messages: readonly Buffer[]): Buffer {
  const chosen: Buffer[] = [];
  for (let i = 0, count = 1 + dice.roll(6); i < count; i++) chosen.push(damage(dice, Buffer.from(dice.pick(messages))));
  return Buffer.concat(chosen);
}

function damage(dice: Dice, bytes: Buffer): Buffer {
  switch (dice.roll(8)) {
    case 0: {
      for (let i = 0; i <= dice.roll(4); i++) bytes[dice.roll(bytes.length)] = dice.roll(256);
      return bytes;
    }
    case 1:
      return bytes.subarray(0, dice.roll(bytes.length + 1));
    case 2:
      return Buffer.concat([bytes, dice.bytes(dice.roll(40))]);
    case 3: {
      // The length of a startup packet stands at 0, of any other message at 1.
      bytes.writeInt32BE(dice.pick([-1, 0, 3, 4, 5, 0x7fffffff, 0x01000001, dice.roll(100)]), dice.roll(2));
      return bytes;
    }
    case 4:
      return dice.bytes(1 + dice.roll(60));
    default:
      return bytes;
  }
}

/** The bytes in pieces of any size. */
export function pieces(dice: Dice, bytes: Buffer): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + dice.roll(dice.pick([1, 8, 200]));
    cut.push(bytes.subarray(at, end));
    at = end;
  }
  return cut;
}
