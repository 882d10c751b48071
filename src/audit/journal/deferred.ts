/** A promise that many may hold, settled from outside. */
export class Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Every holder of the promise sees a rejection; that one of them let go of it must not end the process.
    promise.catch(() => undefined);
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }
}
