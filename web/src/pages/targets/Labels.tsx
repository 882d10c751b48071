import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';

export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      {Object.entries(labels).map(([name, value]) => (
        <Badge key={name}>
          <Visible text={`${name}=${value}`} />
        </Badge>
      ))}
    </span>
  );
}
