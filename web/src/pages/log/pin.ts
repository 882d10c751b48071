/** What this browser remembers of the log: then a gateway that shows another one later is found out. */
export interface LogPin {
  readonly verifierKey: string;
  /** The signed note that was verified last. */
  readonly checkpoint: string;
  readonly size: number;
  /** When the key was seen first, and the checkpoint last. */
  readonly firstAt: string;
  readonly at: string;
}

type PinStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const ITEM = 'log-pin';

/** What is remembered; undefined where nothing is, or it cannot be read. */
export function readPin(storage: PinStorage): LogPin | undefined {
  const text = storage.getItem(ITEM);
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isPin(value) ? value : undefined;
  } catch {
    return undefined; // somebody else's, or cut
  }
}

/** Remembers a checkpoint that was verified, with the key that it was verified by. */
export function keepPin(storage: PinStorage, seen: Omit<LogPin, 'firstAt'>): LogPin {
  const before = readPin(storage);
  const firstAt = before?.verifierKey === seen.verifierKey ? before.firstAt : seen.at;
  const pin = { ...seen, firstAt };
  storage.setItem(ITEM, JSON.stringify(pin));
  return pin;
}

export function forgetPin(storage: PinStorage): void {
  storage.removeItem(ITEM);
}

function isPin(value: unknown): value is LogPin {
  if (typeof value !== 'object' || value === null) return false;
  const pin = value as Readonly<Record<string, unknown>>;
  const texts = [pin['verifierKey'], pin['checkpoint'], pin['firstAt'], pin['at']];
  return texts.every((text) => typeof text === 'string') && typeof pin['size'] === 'number';
}
