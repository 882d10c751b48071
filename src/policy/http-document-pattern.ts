import type { DeclaredName, HttpFacts } from '../model/http.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import type { HttpPattern } from './http-pattern.ts';

export const TEMPLATE_UNKNOWN = 'its document does not say which operation it is, so it may bind and does not permit';

/** What a rule says of the target's OpenAPI document; what a server may take the request for binds, and does not permit. */
export function documentQuestions({
  operations,
  templates,
  declared,
}: HttpPattern): readonly ((facts: HttpFacts) => Aspect)[] {
  return [
    ...(operations === undefined ? [] : [named('operation', operations, '', ({ operationId }) => operationId)]),
    ...(templates === undefined ? [] : [named('template', templates, '/', ({ template }) => template)]),
    ...(declared === undefined ? [] : [(facts: HttpFacts) => declaredAspect(declared, facts)]),
  ];
}

/** True where the document's word for a request is not certain. */
export function isTemplateDoubtful({ alike }: HttpFacts): boolean {
  return alike !== undefined && alike.length > 0;
}

function named(
  what: string,
  values: readonly string[],
  separator: string,
  of: (name: Partial<DeclaredName>) => string | undefined,
): (facts: HttpFacts) => Aspect {
  const globs = values.map((value) => compileGlob(value, separator));
  const isNamed = (name: Partial<DeclaredName>): boolean => {
    const text = of(name);
    return text !== undefined && globs.some((matches) => matches(text));
  };
  return (facts) => {
    const { alike = [] } = facts;
    const found = [...(facts.template === undefined ? [] : [facts]), ...alike];
    if (!found.some(isNamed)) {
      return { extent: 'none', why: facts.declared === undefined ? NO_DOCUMENT : `its ${what} is another one` };
    }
    const isSure = facts.template !== undefined && found.every(isNamed);
    return isSure ? { extent: 'all', why: '' } : { extent: 'some', why: TEMPLATE_UNKNOWN };
  };
}

const NO_DOCUMENT = 'its target has no OpenAPI document';

/** What no document has is not declared, also where there is no document. */
function declaredAspect(wanted: boolean, { declared = false }: HttpFacts): Aspect {
  if (declared === wanted) return { extent: 'all', why: '' };
  return { extent: 'none', why: declared ? 'its document has it' : 'no document has it' };
}
