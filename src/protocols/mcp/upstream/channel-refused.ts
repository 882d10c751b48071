import type { Fields } from '../../http/message.ts';

/** A server that is reached by HTTP takes no message: it says so by a status that is no success. */
export class ChannelRefused extends Error {
  readonly status: number;
  /** Of its head, what says how to be let in. */
  readonly fields: Fields;

  constructor(status: number, fields: Fields) {
    super(`the MCP server answered ${status}`);
    this.name = 'ChannelRefused';
    this.status = status;
    this.fields = fields.filter(([name]) => name === 'www-authenticate' || name === 'retry-after');
  }
}
