import { ExternalLink } from 'lucide-react';
import type { Approval } from '../../api/types.ts';
import { refWords, repositoryWords, workflowWords } from '../../parts/ci-words.ts';
import { paths } from '../../paths.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { visible } from '../../ui/hostile.ts';
import { httpUrl } from '../../ui/http-url.ts';
import { Facts, Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';

/** Who asks, from where, and which rule put it before people. */
export function RunFacts({ approval }: { readonly approval: Approval }) {
  const { run } = approval;
  const url = httpUrl(run.url);
  return (
    <>
      <Section title="Who asks">
        <Facts
          items={[
            ['Repository', run.repository && <Named text={run.repository} words={repositoryWords} />],
            ['Branch', run.ref && <Mono text={refWords(run.ref)} />],
            ['Commit', run.commit && <Mono text={run.commit.slice(0, 12)} />],
            ['Workflow', run.workflow && <Named text={run.workflow} words={workflowWords} />],
            ['Started by', run.actor && <Visible text={run.actor} />],
            ['Agent', run.agent && <Visible text={run.agent} />],
            [
              'Run',
              <AppLink key="run" href={paths.run(run.id)} className="text-accent">
                All that it did
              </AppLink>,
            ],
            [
              'CI job',
              url && (
                <a
                  href={url}
                  target="_blank"
                  rel="noreferrer noopener"
                  className="inline-flex items-center gap-1 text-accent"
                >
                  {new URL(url).host} <ExternalLink className="size-3.5" aria-label="opens in a new tab" />
                </a>
              ),
            ],
          ]}
        />
      </Section>
      <Section title="Why it was stopped">
        <Facts
          items={[
            ['Rule', <Rules key="rules" rules={approval.rules} />],
            ['Policy', <Mono key="policy" text={approval.policy.slice(0, 16)} />],
            ['Request', <Mono key="digest" text={approval.digest.slice(0, 16)} />],
          ]}
        />
      </Section>
    </>
  );
}

function Rules({ rules }: { readonly rules: readonly string[] }) {
  return (
    <ul className="grid gap-1">
      {rules.map((rule) => (
        <li key={rule}>
          <Visible text={rule} />
        </li>
      ))}
    </ul>
  );
}

/** In short; in full on hover. */
function Named({ text, words }: { readonly text: string; readonly words: (text: string) => string }) {
  return (
    <span title={visible(text)}>
      <Visible text={words(text)} />
    </span>
  );
}
