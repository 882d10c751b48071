import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parse,
  parseDocument,
  stringify,
} from 'yaml';
import type { Declared, Problem } from '../model/declaration.ts';
import { LIMITS } from '../model/limits.ts';

export const SECTIONS = ['issuers', 'trust', 'targets', 'policies', 'channels', 'exports', 'retention'] as const;
/** The top-level keys of configuration files. */
export type Section = (typeof SECTIONS)[number];

export interface ConfigurationFile {
  /** As a message names it. */
  readonly name: string;
  readonly text: string;
}

/** What the files declare. A section that no file has is not managed by them; one that is empty declares nothing. */
export interface DeclaredConfiguration {
  readonly sections: Readonly<Partial<Record<Section, readonly Declared[]>>>;
  /** The files again with everything but `policies:` blanked out, so that lines stay where they were. */
  readonly policyFiles: readonly { readonly path: string; readonly text: string }[];
  readonly problems: readonly Problem[];
}

/** Splits YAML files into the items of their sections, each with its place. Pure: nothing is fetched or looked up. */
export function readConfiguration(files: readonly ConfigurationFile[]): DeclaredConfiguration {
  const read = files.map(readFile);
  const sections: Partial<Record<Section, Declared[]>> = {};
  for (const file of read) {
    for (const section of SECTIONS) {
      const items = file.sections[section];
      if (items !== undefined) (sections[section] ??= []).push(...items);
    }
  }
  return {
    sections,
    policyFiles: read.flatMap(({ policyFiles }) => policyFiles),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** One declared item as YAML again, in one spelling: what is stored, compared and digested. A list of one. */
export function toYamlItem(value: unknown): string {
  return stringify([value], { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What `toYamlItem` was given. */
export function fromYamlItem(text: string): unknown {
  const [value]: unknown[] = parse(text);
  return value;
}

function readFile(file: ConfigurationFile): DeclaredConfiguration {
  const counter = new LineCounter();
  const lineAt = (offset = 0) => Math.max(1, counter.linePos(offset).line);
  const failed = (line: number, message: string, advice: string): DeclaredConfiguration => ({
    sections: {},
    policyFiles: [],
    problems: [{ file: file.name, line, message, advice }],
  });
  if (Buffer.byteLength(file.text) > LIMITS.maxDeclarationBytes) {
    return failed(1, `the file is larger than ${LIMITS.maxDeclarationBytes} bytes`, 'Split it.');
  }
  const document = parseDocument(file.text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) return failed(lineAt(fault.pos[0]), fault.message, 'Correct the YAML.');
  const root = document.contents;
  if (root === null) return { sections: {}, policyFiles: [], problems: [] };
  if (!isMap(root)) return failed(1, 'the file has no sections', `Begin with one of: ${SECTIONS.join(', ')}.`);
  const read = root.items.map((pair) => readSection(pair, document, file, lineAt));
  return {
    sections: Object.assign({}, ...read.map(({ sections }) => sections)),
    policyFiles: read.flatMap(({ policyFiles }) => policyFiles),
    problems: read.flatMap(({ problems }) => problems),
  };
}

type LineAt = (offset?: number) => number;

function readSection(pair: Pair, document: Document, file: ConfigurationFile, lineAt: LineAt): DeclaredConfiguration {
  const { key, value } = pair;
  const name = isScalar(key) ? String(key.value) : '';
  const [start = 0] = (isNode(key) && key.range) || [];
  const failed = (message: string, advice: string): DeclaredConfiguration => ({
    sections: {},
    policyFiles: [],
    problems: [{ file: file.name, line: lineAt(start), message, advice }],
  });
  const section = SECTIONS.find((one) => one === name);
  if (section === undefined) {
    return failed(`there is no section ${JSON.stringify(name)}`, `Use one of: ${SECTIONS.join(', ')}.`);
  }
  const isEmpty = value === null || (isScalar(value) && value.value === null);
  if (isEmpty) return { sections: { [section]: [] }, policyFiles: [], problems: [] };
  if (!isSeq(value)) return failed(`${name} is not a list`, 'Write each item with a dash: `- name: …`.');
  try {
    const items = value.items.map((item) => declared(item, document, file.name, lineAt));
    const end = value.range?.[2] ?? file.text.length;
    const text = blank(file.text.slice(0, start)) + file.text.slice(start, end);
    const policyFiles = section === 'policies' ? [{ path: file.name, text }] : [];
    return { sections: { [section]: items }, policyFiles, problems: [] };
  } catch (cause) {
    // Too many aliases, or one that leads nowhere.
    return failed(cause instanceof Error ? cause.message : 'the section cannot be read', 'Write it without aliases.');
  }
}

function declared(item: unknown, document: Document, file: string, lineAt: LineAt): Declared {
  const node = isNode(item) ? item : undefined;
  return {
    value: node?.toJS(document, { maxAliasCount: 20 }) ?? null,
    file,
    line: (path) => lineAt(nearest(node, path)?.range?.[0]),
  };
}

function nearest(item: unknown, path: readonly (string | number)[]) {
  let found = isNode(item) ? item : undefined;
  for (const step of path) {
    const next: unknown = isMap(found) || isSeq(found) ? found.get(step, true) : undefined;
    if (!isNode(next)) return found;
    found = next;
  }
  return found;
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}
