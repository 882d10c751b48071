import { createHmac, timingSafeEqual } from 'node:crypto';
import { LIMITS } from '../../model/limits.ts';
import type { Secret } from '../../model/secret.ts';

export interface SignedRequest {
  /** The header `x-slack-signature`. */
  readonly signature: string;
  /** The header `x-slack-request-timestamp`: seconds since 1970. */
  readonly timestamp: string;
  /** As it came. */
  readonly body: Uint8Array;
}

/** Whether Slack signed this, and lately (its "Verifying requests from Slack"): v0, HMAC-SHA256 over time and body. */
export function isSignedBySlack({ signature, timestamp, body }: SignedRequest, secret: Secret, nowMs: number): boolean {
  if (!/^\d{1,15}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > LIMITS.slackClockToleranceSeconds) return false;
  const expected = `v0=${createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}
