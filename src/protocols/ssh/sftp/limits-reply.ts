import { LIMITS } from '../../../model/limits.ts';
import { MOST_PACKET_BYTES, REPLY } from './numbers.ts';
import { FieldReader, packetOf } from './packets.ts';
import { replyPacket, type SftpReply } from './replies.ts';

/** The answer to limits@openssh.com (OpenSSH's PROTOCOL, 4.8): the host's, as far as the gateway carries as much. */
export function limitsPacket(id: number, reply: SftpReply): Buffer {
  if (reply.kind !== 'extended') return replyPacket({ ...reply, id });
  const reader = new FieldReader(reply.raw, 0);
  const [packet, read, write, handles] = [reader.uint64(), reader.uint64(), reader.uint64(), reader.uint64()];
  const mostHandles = BigInt(LIMITS.maxSftpHandles);
  return packetOf(REPLY.extended, [
    id,
    least(packet, BigInt(MOST_PACKET_BYTES)),
    least(read, MOST_DATA_BYTES),
    least(write, MOST_DATA_BYTES),
    handles === 0n ? mostHandles : least(handles, mostHandles),
  ]);
}

/** What is left of a packet beside its other fields. */
const MOST_DATA_BYTES = BigInt(MOST_PACKET_BYTES - 1024);

/** 0 says nothing. */
function least(said: bigint, most: bigint): bigint {
  return said === 0n || said > most ? most : said;
}
