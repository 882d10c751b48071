import type { Answer } from './protocol-under-test.ts';

/** The answer, or a failure that says what was waited for. */
export function within(work: Promise<Answer>, ms: number, what: string): Promise<Answer> {
  const timer = AbortSignal.timeout(ms);
  const late = new Promise<never>((_, reject) => {
    timer.addEventListener('abort', () => reject(new Error(`nothing came of it in ${ms} ms: ${what}`)));
  });
  return Promise.race([work, late]);
}
