import type { KubernetesFacts, ObjectContent } from '../model/kubernetes.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import { extentOf } from './program-pattern.ts';
import { compileRanges } from './ssh-pattern.ts';

/** What a rule says of an object that is sent; a patch is what it changes. */
export interface ContentPattern {
  readonly kinds?: readonly string[];
  /** `registry.example.com/team/**`; a permit covers only an object whose images all match. */
  readonly images?: readonly string[];
  readonly privileged?: boolean;
  readonly hostPaths?: readonly string[];
  /** Of Linux, without `CAP_`: `SYS_ADMIN`. */
  readonly capabilities?: readonly string[];
  /** `0`, `1-5`. */
  readonly replicas?: readonly string[];
  readonly annotations?: Readonly<Record<string, readonly string[]>>;
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly serviceAccounts?: readonly string[];
}

export const OBJECT_UNKNOWN = 'its object is not known, so it may bind and does not permit';

type Question = (facts: KubernetesFacts) => Aspect;

/** An object that nobody could read may be anything. */
export function contentQuestions(pattern: ContentPattern | undefined): readonly Question[] {
  if (pattern === undefined) return [];
  const { kinds, images, privileged, hostPaths, capabilities, replicas, annotations, labels, serviceAccounts } =
    pattern;
  const asked = [
    kinds && each('kind', kinds, '', ({ kind }) => [kind]),
    images && each('image', images, '/', (content) => content.images),
    hostPaths && each('path of the host', hostPaths, '/', (content) => content.hostPaths),
    capabilities && each('capability', capabilities, '', (content) => content.capabilities ?? []),
    serviceAccounts && each('service account', serviceAccounts, '', ({ serviceAccount }) => maybe(serviceAccount)),
    replicas && replicasQuestion(replicas),
    privileged === undefined ? undefined : privilegedQuestion(privileged),
    ...named('annotation', annotations, (content) => content.annotations),
    ...named('label', labels, (content) => content.labels),
  ].filter((question) => question !== undefined);
  return asked.map((question) => (facts) => {
    const content = contentOf(facts);
    if (content === undefined) return { extent: 'none', why: 'it sends no object' };
    return content === 'unknown' ? { extent: 'some', why: OBJECT_UNKNOWN } : question(content);
  });
}

/** What is known of an object: undefined where nothing is said of one, `unknown` where that cannot be read. */
export function contentOf({ content, object }: KubernetesFacts): ObjectContent | 'unknown' | undefined {
  return content ?? (object === undefined ? undefined : 'unknown');
}

type ContentQuestion = (content: ObjectContent) => Aspect;

function each(
  what: string,
  values: readonly string[],
  separator: string,
  of: (content: ObjectContent) => readonly string[],
): ContentQuestion {
  const globs = values.map((value) => compileGlob(value, separator));
  return (content) => {
    const extent = extentOf(of(content), (value) => globs.some((matches) => matches(value)));
    return { extent, why: extent === 'none' ? `its ${what} is another one` : `it has another ${what}, too` };
  };
}

function maybe(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

function replicasQuestion(values: readonly string[]): ContentQuestion {
  const isWithin = compileRanges(values);
  return ({ replicas }) =>
    replicas !== undefined && isWithin(replicas)
      ? { extent: 'all', why: '' }
      : { extent: 'none', why: 'its number of replicas is another one' };
}

function privilegedQuestion(wanted: boolean): ContentQuestion {
  return ({ privileged }) => {
    if (privileged === 'unknown') return { extent: 'some', why: OBJECT_UNKNOWN };
    if (privileged === wanted) return { extent: 'all', why: '' };
    return { extent: 'none', why: privileged ? 'it is privileged' : 'it is not privileged' };
  };
}

function named(
  what: string,
  pattern: Readonly<Record<string, readonly string[]>> | undefined,
  of: (content: ObjectContent) => Readonly<Record<string, string>>,
): readonly ContentQuestion[] {
  return Object.entries(pattern ?? {}).map(([name, values]) =>
    each(`${what} ${name}`, values, '', (content) => {
      const all = of(content);
      return Object.hasOwn(all, name) ? maybe(all[name]) : [];
    }),
  );
}
