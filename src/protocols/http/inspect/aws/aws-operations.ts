import type { HttpFacts } from '../../../../model/http.ts';
import type { Operation } from '../../../../model/request.ts';
import { operationOf } from '../../head-inspector.ts';
import type { AskedHead, ReadBody } from '../../inspector.ts';
import { accessOf, isCredential } from './action-access.ts';
import type { AwsAsked, AwsReading } from './aws-asked.ts';
import { hostMismatch, placeOfHost } from './aws-host.ts';
import { namedActions } from './named-actions.ts';
import { s3Actions } from './s3-actions.ts';

/** A request to AWS as its actions, each an operation; unknown where nobody can tell. `facts` has the body as it was read. */
export function awsOperations(asked: AskedHead, facts: HttpFacts, body: ReadBody | undefined): readonly Operation[] {
  const plain = operationOf(facts);
  const reading = asked.upgrade === undefined ? read(asked, facts, body) : { why: 'it asks for another protocol' };
  if ('why' in reading) {
    return [{ ...plain, access: 'unknown', reason: reading.why, http: { ...facts, action: 'unknown' } }];
  }
  return reading.map(({ action, resources }) => ({
    ...plain,
    access: plain.access === 'unknown' ? 'unknown' : accessOf(action),
    flags: isCredential(action) ? ['credentials'] : [],
    http: { ...facts, action, ...(resources === undefined ? {} : { resources }) },
  }));
}

function read({ target, signed, codings }: AskedHead, facts: HttpFacts, body: ReadBody | undefined): AwsReading {
  const signs = { ...placeOfHost(facts.host), ...signed, ...target.http?.signs };
  const { region, service } = signs;
  if (region === undefined || service === undefined) return { why: 'nobody says for which service it is to be signed' };
  const why = hostMismatch(facts.host, service, region);
  if (why !== undefined) return { why };
  const { method, host, query, headers } = facts;
  const path = `${target.http?.basePath ?? ''}${facts.path}`;
  const isPlain = codings.every((coding) => coding === 'identity');
  const bytes = body?.complete === true && isPlain ? body.bytes : undefined;
  const asked: AwsAsked = { method, host, path, query, headers, body: facts.body, bytes, region, service };
  switch (service) {
    case 's3':
      return s3Actions(asked);
    default:
      return namedActions(asked);
  }
}
