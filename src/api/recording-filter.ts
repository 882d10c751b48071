import type { RecordingFilter } from './recording-service.ts';

/** A filter of the API as the index of sessions takes it. */
export function storeFilter({ who, run, repository, target, since, until, cursor }: RecordingFilter) {
  return {
    ...(who === undefined ? {} : { principal: who }),
    ...(run === undefined ? {} : { run }),
    ...(repository === undefined ? {} : { repository }),
    ...(target === undefined ? {} : { target }),
    ...(since === undefined ? {} : { since: instant(since) }),
    ...(until === undefined ? {} : { until: instant(until) }),
    ...(cursor === undefined ? {} : { before: cursor }),
  };
}

/** With milliseconds and in UTC, so that text order is time order. */
export function instant(text: string): string {
  return new Date(text).toISOString();
}
