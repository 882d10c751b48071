import { posix } from 'node:path';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { fileRequest, quoted } from '../files/file-operation.ts';
import { LevelStream } from '../files/level-stream.ts';
import { Transfer } from '../files/transfer.ts';
import { ACKNOWLEDGED, type ControlLine, MalformedScp, readControlLine, warning } from './control-line.ts';
import { ItemExchange, ScpPart } from './item-exchange.ts';
import type { ScpParts } from './upload.ts';

type Named = ControlLine & { readonly kind: 'file' | 'folder' };
type Times = ControlLine & { readonly kind: 'times' };

/** Carries what a host sends to its client: `scp -f`. Returns once either end has no more. */
export async function download(parts: ScpParts): Promise<void> {
  const { client, host, command, tell, run } = parts;
  const begins = await client.reader.answer();
  if (begins === null) return;
  await host.channel.write(begins);
  const folders: string[] = [];
  let times: Times | undefined;
  let next = 0;
  for (let line = await host.reader.line(); line !== null; line = await host.reader.line()) {
    const said = readControlLine(line);
    if (said.kind === 'error') await tell(said.line);
    else if (said.kind === 'times') {
      times = said;
      await host.channel.write(ACKNOWLEDGED);
    } else if (said.kind === 'end') {
      if (folders.pop() === undefined) throw new MalformedScp('the end of a folder that was not begun');
      await tell(said.line);
      const answer = await client.reader.answer();
      if (answer === null) return;
      await host.channel.write(answer);
    } else {
      if (said.kind === 'folder' && !command.recursive) throw new MalformedScp('a folder that nobody asked for');
      const inside = folders.at(-1);
      const asked = command.paths.findIndex((path, index) => index >= next && posix.basename(path) === said.name);
      if (inside === undefined && asked === -1) throw new MalformedScp('a file that nobody asked for');
      if (inside === undefined) next = asked + 1;
      const path = inside === undefined ? (command.paths[asked] ?? '') : posix.join(inside, said.name);
      const outcome = { isOk: false };
      await run(downloadOf(said, path, times, parts, outcome));
      times = undefined;
      if (said.kind === 'folder' && outcome.isOk) folders.push(path);
    }
  }
}

function downloadOf(
  item: Named,
  path: string,
  times: Times | undefined,
  { user, client, host, frames: begin }: ScpParts,
  outcome: { isOk: boolean },
): ItemExchange {
  const use = item.kind === 'file' ? 'read' : 'list';
  const size = item.kind === 'file' ? [`${item.size} bytes`] : [];
  const words = [use, quoted(path), ...size].join(' ');
  const request = fileRequest({ kind: `file-${use}`, access: 'read', files: [{ path, use }], user, words });
  const frames = begin();
  const read = new Transfer();
  const level = new LevelStream();
  let at = 0n;
  const onShown = (shown: Buffer): void => {
    read.take(at, shown);
    at += BigInt(shown.length);
  };
  const carry = async function* (): AsyncGenerator<ScpPart> {
    for (const line of [times?.line, item.line]) {
      if (line === undefined) continue;
      yield ScpPart.said(line);
      const answer = await client.reader.answer();
      if (answer === null) throw new PeerLeft('the client ended scp');
      // Times are acknowledged already, and the host waits for an answer to the name.
      if (answer[0] !== 0 || line === item.line) await host.channel.write(answer);
      if (answer[0] === 0) continue;
      yield ScpPart.said(NOTHING, { status: 'error', code: 'client', rows: 0 });
      return;
    }
    outcome.isOk = true;
    if (item.kind === 'folder') {
      yield ScpPart.said(NOTHING, { status: 'ok', rows: 0 });
      return;
    }
    for (let left = item.size; left > 0; ) {
      const piece = await host.reader.some(Math.min(left, PIECE_BYTES));
      left -= piece.length;
      const isLast = left === 0;
      yield ScpPart.data(piece, frames, ({ messages }) => level.push(piece, messages, isLast), onShown);
    }
    const end = await host.reader.answer();
    if (end === null) throw new PeerLeft('the host ended scp');
    yield end[0] === 0 ? ScpPart.said(end) : ScpPart.words(end, frames);
    const answer = await client.reader.answer();
    if (answer === null) throw new PeerLeft('the client ended scp');
    await host.channel.write(answer);
    const status = end[0] === 0 && answer[0] === 0 ? 'ok' : 'error';
    yield ScpPart.said(NOTHING, { status, rows: 0, tags: read.tags('read') });
  };
  // The host skips what the other end has an error for.
  const onRefused = async (): Promise<void> => {
    await host.channel.write(warning('refused'));
  };
  return new ItemExchange({ request, client, carry, onRefused });
}

const NOTHING: Buffer = Buffer.alloc(0);
const PIECE_BYTES = 256 * 1024;
