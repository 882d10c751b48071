import { Refused } from '../../model/refusal.ts';
import type { BodyMasker, BodyShape, MessageMasks } from '../../model/reply.ts';
import type { Findings } from '../findings.ts';
import { maskFreeText } from '../mask-content.ts';
import type { MaskCounts } from '../mask-counts.ts';
import { maskLeaf } from '../mask-json.ts';
import { maskLevel } from '../mask-level.ts';
import { maskText } from '../mask-text.ts';
import { type MaskOrder, maskValue } from '../masks.ts';
import { StreamMasker } from '../stream-masker.ts';
import { cannotMask } from './cannot-mask.ts';
import { CsvFields } from './csv-fields.ts';
import type { MessageFields } from './field-rules.ts';
import type { FieldRule } from './field-tree.ts';
import { FormFields } from './form-fields.ts';
import { JsonFields, type TokenKind } from './json-fields.ts';
import { JsonFindings } from './json-findings.ts';

export interface ExchangeMessagesParts {
  /** What has a class in the reply; undefined where nothing has. */
  readonly fields: MessageFields | undefined;
  readonly findings: Findings | undefined;
  readonly digest: (bytes: Uint8Array) => Buffer;
  readonly counts: MaskCounts;
}

/** The masks of one reply's fields and bodies: by class first, and then what detectors find in what is left. */
export class ExchangeMessages implements MessageMasks {
  readonly #parts: ExchangeMessagesParts;
  readonly #countFinding = (detector: string): void => this.#parts.counts.addNext(detector);

  constructor(parts: ExchangeMessagesParts) {
    this.#parts = parts;
  }

  get needsFields(): boolean {
    return this.#parts.fields?.body !== undefined;
  }

  body(shape: BodyShape): BodyMasker {
    const stages = [this.#fields(shape), this.#detectors(shape)].filter((stage) => stage !== undefined);
    return new Chain(stages);
  }

  words(text: Buffer): Buffer | undefined {
    const { findings } = this.#parts;
    return findings && maskFreeText(findings, text, 0, text.length, this.#countFinding);
  }

  level(window: Buffer, from: number, to: number): Buffer | undefined {
    const { findings } = this.#parts;
    return findings && maskLevel(findings, window, { from, to }, this.#countFinding);
  }

  named(place: 'header' | 'cookie' | 'value', name: string, value: Buffer): Uint8Array | undefined {
    const { fields } = this.#parts;
    const named = { header: fields?.headers, cookie: fields?.cookies, value: fields?.values }[place];
    const rule = named?.get(name.toLowerCase());
    return rule && this.#text(rule, value);
  }

  #fields(shape: BodyShape): BodyMasker | undefined {
    const tree = this.#parts.fields?.body;
    if (tree === undefined) return undefined;
    switch (shape) {
      case 'json':
        return new JsonFields(tree, (rule, token, kind) => this.#token(rule, token, kind));
      case 'csv':
        return new CsvFields(tree, (rule, value) => this.#text(rule, value));
      case 'form':
        return new FormFields(tree, (rule, value) => this.#text(rule, value));
      case 'text':
        throw new Refused(cannotMask('it is text, in which fields cannot be told'));
      default:
        return shape satisfies never;
    }
  }

  #detectors(shape: BodyShape): BodyMasker | undefined {
    const { findings } = this.#parts;
    if (findings === undefined) return undefined;
    if (shape === 'json') return new JsonFindings(findings, this.#countFinding);
    const text = new StreamMasker(findings, this.#countFinding);
    return {
      push: (bytes) => text.push(bytes),
      end: () => text.flush(),
      pause: (all) => (all ? text.flush() : text.settle()),
    };
  }

  /** A number stays one, and so does what is true or false, unless it becomes null. */
  #token(rule: FieldRule, token: Buffer, kind: TokenKind): string | undefined {
    const masked = this.#leaf(rule, token, kind);
    if (masked !== undefined) this.#count(rule);
    return masked;
  }

  #leaf(rule: FieldRule, token: Buffer, kind: TokenKind): string | undefined {
    if (rule.kind === 'null' && kind !== 'key') return kind === 'null' ? undefined : 'null';
    const order = this.#order(rule);
    if (kind === 'number' && rule.kind === 'hash') return maskValue({ ...order, type: 'numeric' }, token)?.toString();
    return maskLeaf(order, token.toString('latin1'), { kind, start: 0, end: token.length });
  }

  #text(rule: FieldRule, value: Buffer): Buffer {
    this.#count(rule);
    return rule.kind === 'null' ? NOTHING : maskText(this.#order(rule), value);
  }

  #order({ kind, class: of }: FieldRule): MaskOrder {
    return { kind, class: of, type: 'json', format: 'text', digest: this.#parts.digest };
  }

  #count({ name }: FieldRule): void {
    this.#parts.counts.add('column', name);
  }
}

const NOTHING = Buffer.alloc(0);

class Chain implements BodyMasker {
  readonly #stages: readonly BodyMasker[];

  constructor(stages: readonly BodyMasker[]) {
    this.#stages = stages;
  }

  push(bytes: Buffer): Buffer {
    return this.#stages.reduce((left, stage) => (left.length === 0 ? left : stage.push(left)), bytes);
  }

  /** Fields are held until they are whole. */
  pause(all: boolean): Buffer {
    const [only, more] = this.#stages;
    return only === undefined || more !== undefined ? NOTHING : (only.pause?.(all) ?? NOTHING);
  }

  end(): Buffer {
    let rest: Buffer = NOTHING;
    for (const stage of this.#stages) {
      const pushed = rest.length === 0 ? rest : stage.push(rest);
      const last = stage.end();
      rest = pushed.length === 0 ? last : Buffer.concat([pushed, last]);
    }
    return rest;
  }
}
