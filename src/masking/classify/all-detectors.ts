import { DETECTORS } from '../detectors/detectors.ts';

/** Every detector, as a policy would name them. */
export const ALL_DETECTORS: ReadonlySet<string> = new Set(DETECTORS.map(({ name }) => name));
