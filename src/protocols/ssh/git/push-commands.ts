import type { RefUpdate } from '../../../model/ssh.ts';
import { MalformedPkt, PktReader } from './pkt-line.ts';

/** What git's receive-pack is told to do (gitprotocol-pack, "Reference Update Request and Packfile Transfer"). */
export interface PushCommands {
  /** None where the client has nothing to push. */
  readonly refs: readonly RefUpdate[];
  readonly capabilities: readonly string[];
  readonly options: readonly string[];
  readonly isSigned: boolean;
}

/** All commands of a push together, options and certificate among them. */
const MOST_BYTES = 1024 * 1024;
const MOST_REFS = 5_000;

/**
 * Reads what stands before the pack, as receive-pack itself does: commands in plain, and those of a push certificate.
 * Throws `MalformedPkt` for all that it would read in another way.
 */
export class PushReader {
  readonly #lines = new PktReader();
  readonly #head: Buffer[] = [];
  readonly #refs: RefUpdate[] = [];
  readonly #capabilities: string[] = [];
  readonly #options: string[] = [];
  #certificate: string[] | undefined;
  #isSigned = false;
  #stage: 'commands' | 'options' | 'over' = 'commands';
  #bytes = 0;

  /** Takes bytes; what was asked once it is all there. */
  push(bytes: Buffer): PushCommands | undefined {
    this.#bytes += bytes.length;
    this.#head.push(Buffer.from(bytes));
    this.#lines.push(bytes);
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      if (line.kind === 'flush') this.#flush();
      else if (line.kind === 'data') this.#line(line.payload);
      else throw new MalformedPkt(`a "${line.kind}" among commands`);
      if (this.#stage === 'over') return this.#commands();
    }
    // What follows the commands came with them, and counts only while they are not whole.
    if (this.#bytes > MOST_BYTES) throw new MalformedPkt(`commands of more than ${MOST_BYTES} bytes`);
    return undefined;
  }

  /** All that was taken, as it came: the commands, and what of the pack came with them. */
  get taken(): Buffer {
    return Buffer.concat(this.#head);
  }

  #flush(): void {
    if (this.#certificate !== undefined) throw new MalformedPkt('a push certificate without an end');
    const hasOptions =
      this.#stage === 'commands' && this.#capabilities.includes('push-options') && this.#refs.length > 0;
    this.#stage = hasOptions ? 'options' : 'over';
  }

  #line(payload: Buffer): void {
    if (this.#stage === 'options') {
      this.#options.push(textOf(payload).replace(/\n$/, ''));
      return;
    }
    if (this.#certificate !== undefined) return this.#certified(textOf(payload));
    const text = textOf(payload).replace(/\n$/, '');
    const nul = text.indexOf('\0');
    const line = nul === -1 ? text : text.slice(0, nul);
    if (nul !== -1)
      this.#capabilities.push(
        ...text
          .slice(nul + 1)
          .split(' ')
          .filter((word) => word !== ''),
      );
    if (line.startsWith('shallow ')) {
      if (!SHALLOW.test(line)) throw new MalformedPkt('a shallow commit that is none');
      return;
    }
    if (line === 'push-cert') {
      if (this.#isSigned) throw new MalformedPkt('a second push certificate');
      this.#certificate = [];
      this.#isSigned = true;
      return;
    }
    this.#command(line);
  }

  /** Its commands stand between an empty line and the signature. */
  #certified(line: string): void {
    const lines = this.#certificate ?? [];
    if (line !== 'push-cert-end\n') {
      lines.push(line);
      return;
    }
    this.#certificate = undefined;
    const text = lines.join('');
    const head = text.indexOf('\n\n');
    const signature = /^-----BEGIN [A-Z0-9 ]+-----$/m.exec(text)?.index;
    if (head === -1 || signature === undefined || signature < head)
      throw new MalformedPkt('a push certificate that is none');
    for (const command of text.slice(head + 2, signature).split('\n')) if (command !== '') this.#command(command);
    for (const [, option = ''] of text.slice(0, head).matchAll(/^push-option (.*)$/gm)) this.#options.push(option);
  }

  #command(line: string): void {
    const [, from = '', to = '', name = ''] = COMMAND.exec(line) ?? [];
    if (from.length !== to.length || !isRefName(name)) throw new MalformedPkt('a command that is none');
    if (this.#refs.length >= MOST_REFS) throw new MalformedPkt(`more than ${MOST_REFS} refs at once`);
    const action = ZERO.test(to) ? 'delete' : ZERO.test(from) ? 'create' : 'update';
    this.#refs.push({ name, action, from: from.toLowerCase(), to: to.toLowerCase() });
  }

  #commands(): PushCommands {
    return {
      refs: this.#refs,
      capabilities: [...new Set(this.#capabilities)],
      options: this.#options,
      isSigned: this.#isSigned,
    };
  }
}

const COMMAND = /^([\da-f]{40}|[\da-f]{64}) ([\da-f]{40}|[\da-f]{64}) ([^\n]+)$/i;
const SHALLOW = /^shallow (?:[\da-f]{40}|[\da-f]{64})$/i;
const ZERO = /^0+$/;

/** As git-check-ref-format takes them, below `refs/` as receive-pack does. */
function isRefName(name: string): boolean {
  if (!name.startsWith('refs/') || name.endsWith('/') || name.endsWith('.') || name.includes('@{')) return false;
  if (/[\p{Cc} ~^:?*[\\]|\.\.|\/\/|\/\./u.test(name)) return false;
  return !name.split('/').some((part) => part.endsWith('.lock'));
}

/** Bytes that are text, so that what is decided on is what git reads. */
function textOf(payload: Buffer): string {
  const text = payload.toString('utf8');
  if (!Buffer.from(text).equals(payload)) throw new MalformedPkt('text that is not UTF-8');
  return text;
}
