import { Fault } from '../../model/fault.ts';
import { printable } from '../printable.ts';

/**
 * Faults, for the operator: a line on a terminal, else one JSON object a line. Never a statement, never a secret. A text is
 * no fault, but what somebody else said.
 */
export function faultLog(stream: NodeJS.WriteStream, nowMs: () => number): (fault: unknown, where?: string) => void {
  return (fault, where) => {
    const isSaid = typeof fault === 'string';
    const code = isSaid ? 'said' : fault instanceof Fault ? fault.code : 'internal';
    const level = isSaid ? 'info' : 'error';
    const messages = causes(fault);
    const time = new Date(nowMs()).toISOString();
    const line = stream.isTTY
      ? `${time.slice(11, 19)} ${code}${where ? ` ${printable(where)}` : ''}: ${printable(messages.join(': '))}`
      : JSON.stringify({ time, level, code, where, message: messages.join(': '), stack: stackOf(fault) });
    stream.write(`${line}\n`);
  };
}

function causes(fault: unknown): readonly string[] {
  if (!(fault instanceof Error)) return [String(fault)];
  return fault.cause instanceof Error ? [fault.message, ...causes(fault.cause)] : [fault.message];
}

/** Where it came from, for what is nobody's but ours. */
function stackOf(fault: unknown): string | undefined {
  return fault instanceof Error && !(fault instanceof Fault) ? fault.stack : undefined;
}
