import { LIMITS } from '../../model/limits.ts';
import type { Part } from '../../model/reply.ts';
import { BodyReader, MessageDecoder } from './codec.ts';
import { BACKEND } from './messages.ts';
import { WholePart } from './whole-part.ts';

/** Reads what the server sends between exchanges, as whole messages, and follows the parameters it reports. */
export class UnaskedReader {
  readonly #decoder = new MessageDecoder(LIMITS.maxMaskedMessageBytes);

  take(bytes: Buffer, parameters: Map<string, string>): Part[] {
    this.#decoder.push(Buffer.from(bytes));
    const parts: Part[] = [];
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      if (message.type === BACKEND.parameterStatus) noteParameter(message.body, parameters);
      parts.push(new WholePart(message.wire));
    }
    return parts;
  }
}

export function noteParameter(body: Buffer, parameters: Map<string, string>): readonly [string, string] {
  const reader = new BodyReader(body);
  const name = reader.cstring().toString('utf8');
  const value = reader.cstring().toString('utf8');
  parameters.set(name, value);
  return [name, value];
}
