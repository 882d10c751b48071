/** What the page and its worker say to each other. */
import type { BundleReport, Step } from '../../src/audit/verify/bundle/report.ts';
import type { TrustFiles } from '../../src/audit/verify/bundle/trust.ts';

export interface Order {
  readonly bundle: Blob;
  /** The verifier's own files. */
  readonly own: TrustFiles;
}

export type Answer =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'report'; readonly report: BundleReport }
  | { readonly kind: 'refused'; readonly why: string };
