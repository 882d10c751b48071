import type { TerminalRenderer } from '../../audit/bundle/replay/cast-view.ts';
import { VIEWED_BODY_BYTES } from '../../audit/bundle/replay/derived-view.ts';
import type { RecordedBody } from '../../audit/read/read-session.ts';
import { recordedEventSchema } from './recording.ts';
import { SessionRenderer } from './render.ts';

/** A terminal without colours for one session, as `chaperone replay` shows it. Never throws on what a log may hold. */
export function sessionTerminal(target: string): TerminalRenderer {
  const renderer = new SessionRenderer((_style, text) => text, target);
  return ({ event, body }) => {
    const { body: ref, ...rest } = event;
    const opened = ref && { media: ref.media, bytes: ref.bytes, ...view(body(VIEWED_BODY_BYTES)) };
    const parsed = recordedEventSchema.safeParse(opened === undefined ? rest : { ...rest, body: opened });
    if (!parsed.success) return '';
    return renderer
      .render(parsed.data)
      .map(({ text, typed = '' }) => text + typed)
      .join('');
  };
}

function view(body: RecordedBody): { readonly base64?: string; readonly withheld?: string } {
  switch (body.kind) {
    case 'bytes':
      return { base64: body.bytes.toString('base64') };
    case 'none':
      return {};
    case 'withheld':
      return { withheld: 'its key was deleted' };
    case 'unreadable':
      return { withheld: `it is ${body.why}` };
    default:
      return body satisfies never;
  }
}
