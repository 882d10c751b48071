import type { Tone } from '../../ui/Badge.tsx';
import type { Mark } from './recording.ts';

export interface MarkLook {
  readonly mark: Mark;
  /** One, and many. */
  readonly words: readonly [string, string];
  readonly tone: Tone;
  /** The key that goes to the next; with Shift to the one before. */
  readonly shortcut: string;
  /** The variable of its colour, for what is drawn. */
  readonly colour: string;
}

/** The marks in the order of their lanes, the gravest on top. */
export const MARK_LOOKS: readonly MarkLook[] = [
  { mark: 'refusal', words: ['refusal', 'refusals'], tone: 'deny', shortcut: 'n', colour: '--deny' },
  { mark: 'error', words: ['error', 'errors'], tone: 'deny', shortcut: 'e', colour: '--deny' },
  { mark: 'approval', words: ['approval', 'approvals'], tone: 'hold', shortcut: 'p', colour: '--hold' },
  { mark: 'write', words: ['write', 'writes'], tone: 'accent', shortcut: 'w', colour: '--accent' },
  { mark: 'mask', words: ['masked reply', 'masked replies'], tone: 'mask', shortcut: 'm', colour: '--mask' },
];
