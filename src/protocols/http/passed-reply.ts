import type { MessageBody } from './message.ts';

/** Makes a part of what came together; `isLast` where it is the end of the reply. */
export type MakePart<Made> = (body: Buffer, isLast: boolean) => Made;

const NOTHING = Buffer.alloc(0);
/** What is copied so that what follows may be looked at; more goes on as it is. */
const SMALL_BYTES = 64 * 1024;

/** A short body that is there with its end, copied; undefined where it is not, and nothing was taken of it then. */
export function wholeAtOnce(body: MessageBody): Buffer | undefined {
  const { length, isWhole } = body;
  if (length === 'none') return NOTHING;
  if (typeof length !== 'number' || length > SMALL_BYTES || isWhole !== true || body.take === undefined)
    return undefined;
  const pieces: Buffer[] = [];
  for (let bytes = body.take(); bytes !== null; bytes = body.take()) {
    if (bytes === undefined) throw new RangeError('a body that is whole, and must be waited for');
    pieces.push(Buffer.from(bytes));
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

/** A body as it comes, in as few parts as it can be told in without letting anything wait. */
export async function* passed<Made>(body: MessageBody, make: MakePart<Made>): AsyncGenerator<Made> {
  if (body.length === 'none') return yield make(NOTHING, true);
  let begun = false;
  for (let pending = next(body); ; ) {
    // The head does not wait for bytes that take their time.
    const bytes = begun || body.isWhole === true ? await pending : await soon(pending);
    if (bytes === null) return yield make(NOTHING, true);
    if (bytes === undefined) {
      begun = true;
      yield make(NOTHING, false);
      continue;
    }
    if (bytes.length > SMALL_BYTES) {
      begun = true;
      yield make(bytes, false);
      pending = next(body);
      continue;
    }
    const kept = Buffer.from(bytes);
    pending = next(body);
    if ((body.isWhole === true ? await pending : await soon(pending)) === null) return yield make(kept, true);
    begun = true;
    yield make(kept, false);
  }
}

function next(body: MessageBody): Buffer | null | Promise<Buffer | null> {
  const taken = body.take?.();
  if (taken !== undefined) return taken;
  const pending = body.read();
  // What comes later fails where it is waited for.
  pending.catch(() => undefined);
  return pending;
}

/** What there is in this turn of the loop; undefined where that takes longer. */
function soon<T>(pending: T | Promise<T>): T | Promise<T | undefined> {
  if (!(pending instanceof Promise)) return pending;
  return Promise.race([pending, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
}
