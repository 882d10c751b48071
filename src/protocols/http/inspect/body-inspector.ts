import type { HttpFacts } from '../../../model/http.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { Operation } from '../../../model/request.ts';
import { documentFacts } from '../../../openapi/document-facts.ts';
import { requestProblem } from '../../../openapi/request-validation.ts';
import { operationOf } from '../head-inspector.ts';
import type { AskedHead, Inspected, Inspector, ReadBody } from '../inspector.ts';
import { isSecretField, isSecretParameter } from '../secret-fields.ts';
import { awsOperations } from './aws/aws-operations.ts';
import { bodyFacts, hasFields } from './body-facts.ts';
import type { GraphqlReading } from './graphql-document.ts';
import { graphqlRequest } from './graphql-request.ts';
import { callFacts, hasMessages, inspectCall, isOneEnough } from './grpc/inspect-call.ts';

export interface BodyInspectorParts {
  /** True where a rule in force asks for what stands in bodies. */
  readonly asksForBody: () => boolean;
}

/**
 * Reads bodies where somebody asks for their fields, `maxInspectedBodyBytes` at most, before and after decompression; and
 * what the target speaks: GraphQL, AWS.
 */
export function createBodyInspector({ asksForBody }: BodyInspectorParts): Inspector {
  const isRead = ({ target: { http } }: AskedHead): boolean =>
    http?.dialect !== undefined || http?.openapi?.validate === true || asksForBody();
  const hasMore = (asked: AskedHead): boolean => hasFields(asked.facts.mediaType) || isKeyList(asked);
  return {
    wants: (asked: AskedHead) => {
      const hasFieldsOf = hasMessages(asked) || hasMore(asked);
      return isRead(asked) && hasFieldsOf ? LIMITS.maxInspectedBodyBytes : 0;
    },
    isEnough: (asked: AskedHead, bytes: Buffer) => isOneEnough(asked, bytes),
    inspect: (asked: AskedHead, body: ReadBody | undefined): Inspected | Promise<Inspected> => {
      const call = inspectCall(asked, body, asksForBody);
      if (call !== undefined) return call;
      const facts = callFacts(asked) ?? documentFacts(asked.target.http, asked.facts);
      if (facts.body.kind !== 'none' && isRead(asked)) return withBody({ ...asked, facts }, body);
      return inspected({ ...asked, facts }, undefined);
    },
  };
}

async function withBody(asked: AskedHead, body: ReadBody | undefined): Promise<Inspected> {
  const found = await bodyFacts(asked, body, LIMITS.maxInspectedBodyBytes);
  return inspected({ ...asked, facts: { ...asked.facts, body: found } }, body);
}

function inspected(asked: AskedHead, body: ReadBody | undefined): Inspected {
  const { target, facts } = asked;
  const operations = operationsIn(asked, facts, body);
  const problem = target.http && requestProblem(target.http, facts, isHidden);
  return problem === undefined ? { operations } : { operations, unsupported: undeclared(problem) };
}

/** Rules see none of them, so nobody checks them. */
function isHidden(place: string, name: string): boolean {
  return place === 'query' ? isSecretParameter(name) : place === 'header' && isSecretField(name);
}

function undeclared(problem: string): Refusal {
  return {
    code: 'request-undeclared',
    message: `the request is not what the OpenAPI document of the target says: ${problem}`,
    hint: 'Send it as the document declares it.',
  };
}

/** What S3 is asked to delete stands in the body, whatever its type is. */
function isKeyList({ target, facts }: AskedHead): boolean {
  return target.http?.dialect === 'aws' && facts.method === 'POST' && facts.query['delete'] !== undefined;
}

/** By the method or, where that says nothing of what is done, by the document. */
function operationsIn(asked: AskedHead, facts: HttpFacts, body: ReadBody | undefined): readonly Operation[] {
  const dialect = asked.target.http?.dialect;
  switch (dialect) {
    case 'aws':
      return awsOperations(asked, facts, body);
    case 'graphql':
      return graphqlRequest(asked, facts)?.map((one) => graphqlOperation(one, facts)) ?? [operationOf(facts)];
    case undefined:
      return [operationOf(facts)];
    default:
      return dialect satisfies never;
  }
}

function graphqlOperation(read: GraphqlReading, facts: HttpFacts): Operation {
  const plain = operationOf(facts);
  if ('why' in read) return { ...plain, access: 'unknown', reason: read.why };
  const { type } = read.facts;
  return {
    ...plain,
    access: type === 'mutation' ? 'write' : 'read',
    flags: type === 'subscription' ? ['subscription'] : [],
    http: { ...facts, graphql: read.facts },
  };
}
