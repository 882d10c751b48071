import { LIMITS } from '../../../model/limits.ts';
import { operationOf } from '../head-inspector.ts';
import type { AskedHead, Inspected, Inspector, ReadBody } from '../inspector.ts';
import { bodyFacts, hasFields } from './body-facts.ts';

export interface BodyInspectorParts {
  /** True where a rule in force asks for what stands in bodies. */
  readonly asksForBody: () => boolean;
}

/** Reads bodies where somebody asks for their fields, `maxInspectedBodyBytes` at most, before and after decompression. */
export function createBodyInspector({ asksForBody }: BodyInspectorParts): Inspector {
  return {
    wants: ({ facts }: AskedHead) => (asksForBody() && hasFields(facts.mediaType) ? LIMITS.maxInspectedBodyBytes : 0),
    inspect: (asked: AskedHead, body: ReadBody | undefined): Inspected | Promise<Inspected> => {
      const { facts } = asked;
      if (facts.body.kind === 'none' || !asksForBody()) return { operations: [operationOf(facts)] };
      return withBody(asked, body);
    },
  };
}

async function withBody(asked: AskedHead, body: ReadBody | undefined): Promise<Inspected> {
  const found = await bodyFacts(asked, body, LIMITS.maxInspectedBodyBytes);
  return { operations: [operationOf({ ...asked.facts, body: found })] };
}
