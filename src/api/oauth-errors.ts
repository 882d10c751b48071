import type { FastifySchemaValidationError } from 'fastify';

/** A request that is not what a token endpoint takes, in OAuth's words (RFC 6749, 5.2). */
export interface InvalidOauthRequest {
  readonly error: 'invalid_request' | 'unsupported_grant_type';
  readonly error_description: string;
}

/** `grantTypes` are those that the endpoint takes; `invalid` is what its schema found. */
export function invalidOauthRequest(
  body: unknown,
  grantTypes: readonly string[],
  invalid: readonly Pick<FastifySchemaValidationError, 'instancePath' | 'message'>[],
): InvalidOauthRequest {
  const asked = (body as Readonly<Record<string, unknown>> | null | undefined)?.['grant_type'];
  if (typeof asked === 'string' && !grantTypes.includes(asked)) {
    const taken = grantTypes.join(' and ');
    return {
      error: 'unsupported_grant_type',
      error_description: `Only ${taken} ${grantTypes.length === 1 ? 'is' : 'are'} taken here.`,
    };
  }
  const found = invalid.map(({ instancePath, message }) => `${instancePath.slice(1) || 'the body'}: ${message}`);
  return { error: 'invalid_request', error_description: found.join('; ') };
}
