import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function PoliciesPage() {
  return (
    <Page title="Policies">
      <Skeleton lines={6} />
    </Page>
  );
}
