import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function ReferencePage() {
  return (
    <Page title="API">
      <Skeleton lines={6} />
    </Page>
  );
}
