import { BACKEND } from './messages.ts';
import type { Action } from './request.ts';

/** Follows which of a request's actions the server is answering, message by message (manual, 55.2.3). */
export class ActionCursor {
  readonly #actions: readonly Action[];
  #index = 0;

  constructor(actions: readonly Action[]) {
    this.#actions = actions;
  }

  get current(): Action | undefined {
    return this.#actions[this.#index];
  }

  /** True when every action was answered, or none will be any more. */
  get isDone(): boolean {
    return this.#index >= this.#actions.length;
  }

  /** The action that a message of this type belongs to; moves on when the message completes it. */
  take(type: number): Action | undefined {
    const action = this.current;
    switch (type) {
      case BACKEND.parseComplete:
      case BACKEND.bindComplete:
      case BACKEND.closeComplete:
      case BACKEND.commandComplete:
      case BACKEND.emptyQuery:
      case BACKEND.portalSuspended:
        this.#index++;
        break;
      case BACKEND.rowDescription:
      case BACKEND.noData:
        if (action?.kind === 'describe') this.#index++;
        break;
      case BACKEND.error:
        this.#index = this.#actions.length;
        break;
      default:
        break;
    }
    return action;
  }
}
