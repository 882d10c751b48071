import type { GraphqlFacts } from '../model/http.ts';
import type { Operation } from '../model/request.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';

/** What a rule says of GraphQL; both keys must match. */
export interface GraphqlPattern {
  readonly types?: readonly GraphqlFacts['type'][];
  /** Patterns of the root fields' own names. */
  readonly fields?: readonly string[];
}

export const GRAPHQL_UNKNOWN = 'its GraphQL is not known, so it may bind and does not permit';

/** A document that nobody could read may be any: then the rule binds, and does not permit. */
export function compileGraphqlPattern({ types, fields }: GraphqlPattern): (operation: Operation) => Aspect {
  const globs = fields?.map((field) => compileGlob(field, ''));
  return ({ access, http }) => {
    const asked = http?.graphql;
    if (asked === undefined) {
      return access === 'unknown'
        ? { extent: 'some', why: GRAPHQL_UNKNOWN }
        : { extent: 'none', why: 'it is no GraphQL' };
    }
    if (types !== undefined && !types.includes(asked.type)) return { extent: 'none', why: `it is a ${asked.type}` };
    if (globs === undefined) return { extent: 'all', why: '' };
    const others = asked.fields.filter((field) => !globs.some((matches) => matches(field)));
    if (others.length === asked.fields.length)
      return { extent: 'none', why: 'it asks for none of the fields of the rule' };
    if (others.length === 0) return { extent: 'all', why: '' };
    return { extent: 'some', why: 'it asks for fields outside of the rule' };
  };
}
