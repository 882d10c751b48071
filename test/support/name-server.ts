import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';

export interface NameServer extends AsyncDisposable {
  readonly resolver: Resolver;
  /** IPv4 addresses by name; what is not here does not exist, and `silent.test` is not answered. */
  readonly names: Map<string, readonly string[]>;
}

/** A DNS server (RFC 1035) that knows some IPv4 addresses, and a resolver that asks it. */
export async function startNameServer(): Promise<NameServer> {
  const names = new Map<string, readonly string[]>();
  const socket: Socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const { name, end } = nameAt(question, 12);
    if (name === 'silent.test') return;
    const addresses = names.get(name);
    const isIpv4 = question.readUInt16BE(end) === 1;
    const answers = isIpv4 ? (addresses ?? []) : [];
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(addresses ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt16BE(0, 8);
    header.writeUInt16BE(0, 10);
    const records = answers.map((address) =>
      // A pointer to the name asked for, type A, class IN, no time to live, four bytes.
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
    );
    socket.send(Buffer.concat([header, question.subarray(12, end + 4), ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    resolver,
    names,
    [Symbol.asyncDispose]: async () => {
      resolver.cancel();
      socket.close();
      await once(socket, 'close');
    },
  };
}

function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
