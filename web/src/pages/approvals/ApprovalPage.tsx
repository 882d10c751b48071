import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function ApprovalPage() {
  return (
    <Page title="Approval">
      <Skeleton lines={6} />
    </Page>
  );
}
