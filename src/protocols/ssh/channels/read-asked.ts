import { LIMITS } from '../../../model/limits.ts';
import { MalformedSsh, PacketReader } from '../transport/packets.ts';
import { type Asked, readTerminal, readVariable, readWindowSize, type Terminal, type Variable } from './asked.ts';
import type { Channel, ChannelRequest } from './channel.ts';

export interface AskingRules {
  /** Whether a variable may be set. */
  readonly allows: (name: string) => boolean;
  /** Whether there is such a subsystem. */
  readonly hasSubsystem: (name: string) => boolean;
  /** Puts on record what is not carried, and says no to it. */
  readonly refuse: (what: string, request: ChannelRequest) => Promise<void>;
}

/**
 * Reads what a client asks of a session channel up to where it says what shall run, which it was told that it gets.
 * Undefined where it leaves before.
 */
export async function readAsked(client: Channel, rules: AskingRules): Promise<Asked | undefined> {
  const environment: Variable[] = [];
  let terminal: Terminal | undefined;
  for (let message = await client.next(); message !== null; message = await client.next()) {
    if (message.kind === 'eof') return undefined;
    if (message.kind === 'data') throw new MalformedSsh('data for nothing that runs');
    const { name, data } = message;
    switch (name) {
      case 'env':
        message.answer(isTaken(data, environment, rules));
        break;
      case 'pty-req':
        terminal = readTerminal(data);
        message.answer(true);
        break;
      case 'window-change':
        if (terminal !== undefined) terminal = { ...terminal, size: readWindowSize(data) };
        break;
      case 'exec':
      case 'shell':
      case 'subsystem': {
        const command = name === 'shell' ? NOTHING : new PacketReader(data, 0).string();
        const subsystem = command.toString('utf8', 0, MOST_NAME_BYTES);
        if (name === 'subsystem' && !rules.hasSubsystem(subsystem)) {
          await rules.refuse(`the subsystem ${subsystem}`, message);
          break;
        }
        message.answer(true);
        return { kind: name, command, environment, ...(terminal === undefined ? {} : { terminal }) };
      }
      default:
        await rules.refuse(NAMES[name] ?? `the request ${name.slice(0, MOST_NAME_BYTES)}`, message);
    }
  }
  return undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  'x11-req': 'X11 forwarding',
  'auth-agent-req@openssh.com': 'agent forwarding',
  'auth-agent-req': 'agent forwarding',
};
const MOST_NAME_BYTES = 64;
const NOTHING = Buffer.alloc(0);

function isTaken(data: Buffer, environment: Variable[], { allows }: AskingRules): boolean {
  if (data.length > LIMITS.maxSshVariableBytes || environment.length >= LIMITS.maxSshVariables) return false;
  const variable = readVariable(data);
  const isAllowed = /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable.name) && allows(variable.name);
  if (isAllowed) environment.push(variable);
  return isAllowed;
}
