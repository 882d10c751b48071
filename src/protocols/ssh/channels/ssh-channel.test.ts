import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MESSAGE } from '../transport/numbers.ts';
import { PacketReader, PacketWriter } from '../transport/packets.ts';
import type { SshTransport } from '../transport/transport.ts';
import { SshChannel } from './ssh-channel.ts';

/** A channel whose transport only notes what is sent: nothing is read of it unless a test does so. */
function openChannel(): { readonly channel: SshChannel; readonly sent: number[] } {
  const sent: number[] = [];
  const transport = { send: (payload: Buffer) => void sent.push(payload[0] ?? 0) } as unknown as SshTransport;
  const channel = new SshChannel({
    transport,
    local: 0,
    remote: 0,
    window: 1000,
    maxPacket: 1000,
    onClosed: () => undefined,
  });
  return { channel, sent };
}

function take(channel: SshChannel, type: number, body: PacketWriter): void {
  channel.take(type, new PacketReader(body.done(), 0));
}

describe('whether the other end is there', () => {
  it('is answered also while nobody takes what was sent before', () => {
    const { channel, sent } = openChannel();
    take(channel, MESSAGE.channelData, new PacketWriter().string('not read by anybody'));
    take(channel, MESSAGE.channelRequest, new PacketWriter().string('keepalive@openssh.com').bool(true));
    take(channel, MESSAGE.channelRequest, new PacketWriter().string('winadj@putty.projects.tartarus.org').bool(true));
    take(channel, MESSAGE.channelRequest, new PacketWriter().string('simple@putty.projects.tartarus.org').bool(false));
    assert.deepEqual(sent, [MESSAGE.channelFailure, MESSAGE.channelFailure]);
  });

  it('is answered behind a request that waits for its own answer', async () => {
    const { channel, sent } = openChannel();
    take(channel, MESSAGE.channelRequest, new PacketWriter().string('exec').bool(true).string('true'));
    take(channel, MESSAGE.channelRequest, new PacketWriter().string('keepalive@openssh.com').bool(true));
    assert.deepEqual(sent, []);
    for (const accepted of [true, false]) {
      const message = await channel.next();
      if (message?.kind === 'request') message.answer(accepted);
    }
    assert.deepEqual(sent, [MESSAGE.channelSuccess, MESSAGE.channelFailure]);
  });
});
