import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Code, Visible } from '../../ui/Code.tsx';
import { type BodyText, bodyText, codingsOf, withoutCodings } from './body-text.ts';
import { HttpFields } from './HttpFields.tsx';
import type { HttpFields as Fields } from './http-message.ts';
import { JsonTree } from './JsonTree.tsx';
import { jsonNodes } from './json-nodes.ts';
import { maskedNodes } from './masked-values.ts';

type MaskCounts = Parameters<typeof maskedNodes>[1];

interface HttpBodyProps {
  readonly body: Uint8Array;
  readonly fields: Fields;
  /** What it is the body of: `request`, `reply`. */
  readonly of: string;
  readonly masked?: MaskCounts;
  /** Nothing is left for later, and nothing is folded. */
  readonly whole?: boolean;
}

/** A body for reading, and as it was sent. */
export function HttpBody({ body, fields, of, masked = [], whole = false }: HttpBodyProps) {
  const codings = codingsOf(fields);
  if (body.length === 0) return null;
  if (codings.length === 0)
    return <Plain text={bodyText(body, fields)} fields={fields} of={of} masked={masked} whole={whole} />;
  return <Coded body={body} fields={fields} codings={codings} of={of} masked={masked} whole={whole} />;
}

function Coded({ body, fields, codings, ...how }: Required<HttpBodyProps> & { readonly codings: readonly string[] }) {
  const id = useId();
  const { data, isPending } = useQuery({
    queryKey: ['http-body', id, codings.join(), body.length],
    queryFn: async () => (await withoutCodings(body, codings)) ?? null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (isPending) return null;
  const note = `${size(body.length)}, ${codings.toReversed().join(', ')}`;
  if (data === null || data === undefined) {
    return (
      <>
        <p className="text-sm text-muted">
          <Visible text={`${note}: this page cannot take that off.`} />
        </p>
        <Plain text={bodyText(body, [])} fields={fields} {...how} />
      </>
    );
  }
  return (
    <>
      <p className="text-sm text-muted">
        <Visible text={`${note}; shown without it, ${size(data.length)}`} />
      </p>
      <Plain text={bodyText(data, fields)} fields={fields} {...how} />
    </>
  );
}

interface PlainProps extends Pick<Required<HttpBodyProps>, 'of' | 'masked' | 'whole' | 'fields'> {
  readonly text: BodyText;
}

function Plain({ text, fields, of, masked, whole }: PlainProps) {
  switch (text.kind) {
    case 'none':
      return null;
    case 'bytes':
      return (
        <div className="grid gap-1">
          <p className="text-sm text-muted">
            <Visible
              text={`${size(text.bytes)} that are no text${text.type === '' ? '' : ` (${text.type})`}; the first:`}
            />
          </p>
          <Code text={text.hex} label={`Bytes of the ${of}`} />
        </div>
      );
    case 'form':
      return (
        <TwoViews of={of} raw={text.text} whole={whole}>
          <HttpFields fields={text.pairs} label={`Form of the ${of}`} />
        </TwoViews>
      );
    case 'text':
      return text.json ? (
        <JsonBody text={text.text} fields={fields} of={of} masked={masked} whole={whole} />
      ) : (
        <Text text={text.text} of={of} whole={whole} />
      );
    default:
      return text satisfies never;
  }
}

function JsonBody({ text, fields, of, masked, whole }: Omit<PlainProps, 'text'> & { readonly text: string }) {
  const json = useMemo(() => jsonNodes(text), [text]);
  const places = useMemo(() => maskedNodes(json?.nodes ?? [], masked, fields), [json, masked, fields]);
  if (json === undefined) return <Text text={text} of={of} whole={whole} />;
  return (
    <TwoViews of={of} raw={text} whole={whole}>
      <JsonTree nodes={json.nodes} label={`JSON of the ${of}`} masked={places} whole={whole} />
      {!json.complete && <p className="text-sm text-muted">The value goes on; not all of it was kept.</p>}
    </TwoViews>
  );
}

interface TwoViewsProps {
  readonly of: string;
  readonly raw: string;
  readonly whole: boolean;
  readonly children: ReactNode;
}

function TwoViews({ of, raw, whole, children }: TwoViewsProps) {
  const [asSent, setAsSent] = useState(false);
  return (
    <div className="grid min-w-0 gap-1.5">
      {asSent ? <Text text={raw} of={of} whole={whole} /> : children}
      <Button size="sm" variant="quiet" className="justify-self-start" onClick={() => setAsSent(!asSent)}>
        {asSent ? 'Laid out for reading' : 'As sent'}
      </Button>
    </div>
  );
}

/** Drawn at once; the rest when it is asked for. */
const SHOWN_CHARACTERS = 50_000;

function Text({ text, of, whole }: { readonly text: string; readonly of: string; readonly whole: boolean }) {
  const [all, setAll] = useState(whole);
  const cut = !all && text.length > SHOWN_CHARACTERS;
  return (
    <div className="grid min-w-0 gap-1.5">
      <Code text={cut ? text.slice(0, SHOWN_CHARACTERS) : text} label={`Body of the ${of}`} whole={whole} />
      {cut && (
        <Button size="sm" className="justify-self-start" onClick={() => setAll(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </Button>
      )}
    </div>
  );
}

/** `1,024 bytes` */
export function size(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes.toLocaleString('en')} bytes`;
}
