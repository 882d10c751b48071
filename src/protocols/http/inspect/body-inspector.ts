import type { HttpFacts } from '../../../model/http.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Operation } from '../../../model/request.ts';
import { documentFacts } from '../../../openapi/document-facts.ts';
import { operationOf } from '../head-inspector.ts';
import type { AskedHead, Inspected, Inspector, ReadBody } from '../inspector.ts';
import { bodyFacts, hasFields } from './body-facts.ts';
import type { GraphqlReading } from './graphql-document.ts';
import { graphqlRequest } from './graphql-request.ts';

export interface BodyInspectorParts {
  /** True where a rule in force asks for what stands in bodies. */
  readonly asksForBody: () => boolean;
}

/**
 * Reads bodies where somebody asks for their fields, `maxInspectedBodyBytes` at most, before and after decompression; and
 * GraphQL where the target speaks it.
 */
export function createBodyInspector({ asksForBody }: BodyInspectorParts): Inspector {
  const isRead = (asked: AskedHead): boolean => isGraphqlTarget(asked) || asksForBody();
  return {
    wants: (asked: AskedHead) => (isRead(asked) && hasFields(asked.facts.mediaType) ? LIMITS.maxInspectedBodyBytes : 0),
    inspect: (asked: AskedHead, body: ReadBody | undefined): Inspected | Promise<Inspected> => {
      const facts = documentFacts(asked.target.http, asked.facts);
      if (facts.body.kind === 'none' || !isRead(asked)) return { operations: operationsIn(asked, facts) };
      return withBody({ ...asked, facts }, body);
    },
  };
}

async function withBody(asked: AskedHead, body: ReadBody | undefined): Promise<Inspected> {
  const found = await bodyFacts(asked, body, LIMITS.maxInspectedBodyBytes);
  return { operations: operationsIn(asked, { ...asked.facts, body: found }) };
}

function isGraphqlTarget({ target }: AskedHead): boolean {
  return target.http?.dialect === 'graphql';
}

/** By the method or, where that says nothing of what is done, by the document. */
function operationsIn(asked: AskedHead, facts: HttpFacts): readonly Operation[] {
  const read = isGraphqlTarget(asked) ? graphqlRequest(asked, facts) : undefined;
  return read === undefined ? [operationOf(facts)] : read.map((one) => graphqlOperation(one, facts));
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
