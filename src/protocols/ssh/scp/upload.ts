import type { Part } from '../../../model/reply.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Exchange } from '../../protocol.ts';
import { fileRequest, quoted } from '../files/file-operation.ts';
import type { Frames } from '../files/frames.ts';
import { Transfer } from '../files/transfer.ts';
import type { SshUpstream } from '../host/upstream.ts';
import { ACKNOWLEDGED, type ControlLine, MalformedScp, readControlLine } from './control-line.ts';
import { ItemExchange, type ScpEnd, ScpPart } from './item-exchange.ts';
import type { ScpCommand } from './scp-command.ts';

export interface ScpParts {
  readonly command: ScpCommand;
  readonly user: string;
  readonly client: ScpEnd;
  readonly host: ScpEnd;
  readonly run: (exchange: Exchange<SshUpstream>) => Promise<void>;
  /** Shows the client what the host says outside of any file, and waits until it was shown. */
  readonly tell: (bytes: Buffer) => Promise<void>;
  /** For the record of a file that begins now. */
  readonly frames: () => Frames;
}

type Named = ControlLine & { readonly kind: 'file' | 'folder' };
type Times = ControlLine & { readonly kind: 'times' };

/** Carries what a client sends to its host: `scp -t`. Returns once either end has no more. */
export async function upload(parts: ScpParts): Promise<void> {
  const { client, host, command, tell, run } = parts;
  const begins = await host.reader.answer();
  if (begins === null) return;
  await tell(begins);
  const [path = ''] = command.paths;
  /** The folders that are being filled, with all that each may be called. */
  const folders: (readonly string[])[] = [];
  let times: Times | undefined;
  for (let line = await client.reader.line(); line !== null; line = await client.reader.line()) {
    const said = readControlLine(line);
    if (said.kind === 'times') {
      times = said;
      await client.channel.write(ACKNOWLEDGED);
    } else if (said.kind === 'error') await host.channel.write(said.line);
    else if (said.kind === 'end') {
      if (folders.pop() === undefined) throw new MalformedScp('the end of a folder that was not begun');
      await host.channel.write(said.line);
      const answer = await host.reader.answer();
      if (answer === null) return;
      await tell(answer);
    } else {
      const inside = folders.at(-1);
      // Whether it is a folder that files go into, only the host knows: both are asked for where it is not certain.
      const within = (inside ?? [path]).map((folder) => `${folder === '/' ? '' : folder}/${said.name}`).map(withoutDot);
      const names = inside === undefined && !command.intoFolder ? [path, ...within] : within;
      const outcome = { isOk: false };
      await run(uploadOf(said, names, times, parts, outcome));
      times = undefined;
      if (said.kind === 'folder' && outcome.isOk) folders.push(names);
    }
  }
}

function withoutDot(path: string): string {
  return path.startsWith('./') ? path.slice(2) : path;
}

function uploadOf(
  item: Named,
  names: readonly string[],
  times: Times | undefined,
  { user, client, host, frames: begin }: ScpParts,
  outcome: { isOk: boolean },
): ItemExchange {
  const use = item.kind === 'file' ? 'write' : 'directory';
  const size = item.kind === 'file' ? [`${item.size} bytes`] : [];
  const kept = times === undefined ? [] : [`times ${times.accessed} ${times.modified}`];
  const request = fileRequest({
    kind: `file-${use}`,
    access: 'write',
    files: names.map((path) => ({ path, use })),
    flags: (item.mode & SET_ID) === 0 ? [] : ['set-id'],
    user,
    words: [use, names.map(quoted).join(' or '), ...size, `mode ${item.mode.toString(8)}`, ...kept].join(' '),
  });
  const frames = begin();
  const written = new Transfer();
  const carry = async function* (input: AsyncIterable<Part>): AsyncGenerator<ScpPart> {
    for (const line of [times?.line, item.line]) {
      if (line === undefined) continue;
      await host.channel.write(line);
      const answer = await host.reader.answer();
      if (answer === null) throw new PeerLeft('the host ended scp');
      if (answer[0] !== 0) {
        yield ScpPart.words(answer, frames, FAILED);
        return;
      }
    }
    if (item.kind === 'folder') {
      outcome.isOk = true;
      yield ScpPart.said(ACKNOWLEDGED, { status: 'ok', rows: 0 });
      return;
    }
    yield ScpPart.said(ACKNOWLEDGED);
    let at = 0n;
    for await (const part of input) {
      if (!(part instanceof ScpPart)) continue;
      written.take(at, part.bytes);
      at += BigInt(part.bytes.length);
      await host.channel.write(part.bytes);
    }
    const end = await client.reader.answer();
    await host.channel.write(end ?? ACKNOWLEDGED);
    const answer = await host.reader.answer();
    if (end === null || answer === null) throw new PeerLeft('one end of scp left in the middle of a file');
    if (end[0] !== 0 || answer[0] !== 0) yield ScpPart.words(answer, frames, FAILED);
    else yield ScpPart.said(answer, { status: 'ok', rows: 0, tags: written.tags('written') });
  };
  const input = item.kind === 'file' ? { input: content(client, item.size, frames) } : {};
  return new ItemExchange({ request, client, carry, onRefused: async () => undefined, ...input });
}

const SET_ID = 0o6000;
const FAILED = { status: 'error', code: 'scp', rows: 0 } as const;
const PIECE_BYTES = 256 * 1024;

/** As many bytes of a file as were promised. */
async function* content({ reader }: ScpEnd, size: number, frames: Frames): AsyncGenerator<Part> {
  for (let left = size; left > 0; ) {
    const piece = await reader.some(Math.min(left, PIECE_BYTES));
    left -= piece.length;
    yield ScpPart.content(piece, frames);
  }
}
