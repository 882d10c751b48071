import { Badge } from '../../ui/Badge.tsx';

/** How the connection to a target is kept: what is not verified is said in colour. */
export function TlsBadge({ mode }: { readonly mode: string }) {
  if (mode.startsWith('verify')) return <Badge tone="permit">{mode}</Badge>;
  return (
    <Badge tone={mode === 'disable' ? 'deny' : 'hold'} title="The server’s certificate is not checked">
      {mode}
    </Badge>
  );
}
