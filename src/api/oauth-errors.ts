import type { FastifySchemaValidationError } from 'fastify';

/** A request that is not what a token endpoint takes, in OAuth's words (RFC 6749, 5.2). */
export interface InvalidOauthRequest {
  readonly error: 'invalid_request' | 'unsupported_grant_type';
  readonly error_description: string;
}

/** `grantType` is the only one that the endpoint takes; `invalid` is what its schema found. */
export function invalidOauthRequest(
  body: unknown,
  grantType: string,
  invalid: readonly Pick<FastifySchemaValidationError, 'instancePath' | 'message'>[],
): InvalidOauthRequest {
  const asked = (body as Readonly<Record<string, unknown>> | null | undefined)?.['grant_type'];
  if (typeof asked === 'string' && asked !== grantType) {
    return { error: 'unsupported_grant_type', error_description: `Only ${grantType} is taken here.` };
  }
  const found = invalid.map(({ instancePath, message }) => `${instancePath.slice(1) || 'the body'}: ${message}`);
  return { error: 'invalid_request', error_description: found.join('; ') };
}
