import { Document, isMap, isSeq, parseDocument } from 'yaml';
import { CliError, EXIT } from './cli-error.ts';
import { printable } from './printable.ts';

/** What of a proposal is shown and written. */
export interface Proposal {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly class: string;
  readonly confidence: 'low' | 'medium' | 'high';
  readonly why: readonly string[];
  readonly shape?: string | undefined;
  readonly classified?: string | undefined;
}

interface Written {
  readonly text: string;
  /** Columns that a declaration cannot name, because a part of their name has a dot. */
  readonly unnamed: readonly string[];
}

/** A target's `classified:` list, with the evidence of each as a comment. */
export function classifiedList(proposals: readonly Proposal[]): Written {
  const document = new Document({ classified: [] });
  const unnamed = add(document, ['classified'], proposals);
  return { text: document.toString({ lineWidth: 0 }), unnamed };
}

/** The declaration of one target, as the gateway gives it, with these columns classified, too. Throws a `CliError` where it is none. */
export function withClassified(text: string, proposals: readonly Proposal[]): Written {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.getIn(['targets', 0]))) {
    throw new CliError(EXIT.internal, 'what the gateway gave is no declaration of a target');
  }
  const place = ['targets', 0, 'classified'];
  if (!isSeq(document.getIn(place))) document.setIn(place, document.createNode([]));
  const unnamed = add(document, place, proposals);
  return { text: document.toString({ lineWidth: 0 }), unnamed };
}

function add(
  document: Document,
  place: readonly (string | number)[],
  proposals: readonly Proposal[],
): readonly string[] {
  const unnamed: string[] = [];
  for (const { schema, table, column, class: of, confidence, why } of proposals) {
    const name = `${schema}.${table}.${column}`;
    if ([schema, table, column].some((part) => part.includes('.'))) {
      unnamed.push(name);
      continue;
    }
    const node = document.createNode({ column: name, class: of });
    node.commentBefore = ` ${confidence}: ${printable(why.join('; '))}`;
    document.addIn(place, node);
  }
  return unnamed;
}
