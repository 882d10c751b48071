import type { GrantView, Run } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge, type Tone } from '../../ui/Badge.tsx';
import { buttonClass } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Section } from '../../ui/Page.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

/** By which grants it entered, and what proves what was recorded. */
export function RunEvidence({ run }: { readonly run: Run }) {
  return (
    <div className="grid gap-x-10 gap-y-5 md:grid-cols-2">
      <Section title="Grants">
        {run.grants.length === 0 && <p className="text-muted">None: it was let into nothing.</p>}
        <ul className="divide-y divide-line">
          {run.grants.map((grant) => (
            <Grant key={grant.id} grant={grant} />
          ))}
        </ul>
      </Section>
      <Section title="Evidence">
        <p className="text-sm text-muted">
          Digests (SHA-256) of what identified the run stand in the log; each session can be checked on its own.
        </p>
        <Digest name="CI token" digest={run.evidence.tokenDigest} />
        <Digest name="Issuer’s keys" digest={run.evidence.jwksDigest} />
        <ul className="divide-y divide-line border-t border-line">
          {run.sessionList.map((session) => (
            <li key={session.id} className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1.5">
              <AppLink href={paths.session(session.id)} className="min-w-0 grow text-accent">
                <Visible text={session.target} /> <Mono text={session.id} className="text-muted" />
              </AppLink>
              <AppLink
                href={`${paths.log()}?${new URLSearchParams({ session: session.id })}`}
                aria-label={`Verify ${session.target}, ${session.id}`}
                className={buttonClass('plain', 'sm')}
              >
                Verify
              </AppLink>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

const GRANT_TONES: Readonly<Record<GrantView['state'], Tone>> = {
  active: 'permit',
  expired: 'neutral',
  revoked: 'deny',
};
const GRANT_WORDS: Readonly<Record<GrantView['state'], string>> = {
  active: 'Active',
  expired: 'Expired',
  revoked: 'Revoked',
};

const GRANT_ENDS: Readonly<Record<GrantView['state'], string>> = {
  active: 'runs out',
  expired: 'ran out',
  revoked: 'would have run out',
};

function Grant({ grant: { id, targets, rules, state, issuedAt, expiresAt } }: { readonly grant: GrantView }) {
  return (
    <li className="grid gap-0.5 py-2 first:pt-0">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={GRANT_TONES[state]}>{GRANT_WORDS[state]}</Badge>
        <span>
          into <Visible text={targets.join(', ')} />
        </span>
        <span className="text-muted">
          by <Visible text={rules.join(', ')} />
        </span>
      </p>
      <p className="text-sm text-muted">
        <Mono text={id} />, given <Time at={issuedAt} />, {GRANT_ENDS[state]} <Time at={expiresAt} />
      </p>
    </li>
  );
}

function Digest({ name, digest }: { readonly name: string; readonly digest: string | undefined }) {
  return (
    <p className="flex min-w-0 items-center gap-2 text-sm">
      <span className="shrink-0 text-muted">{name}</span>
      {digest === undefined ? (
        <span className="text-muted">not recorded</span>
      ) : (
        <>
          <Mono text={digest} className="min-w-0 truncate" />
          <Copy text={digest} label={`Copy the digest of ${name}`} />
        </>
      )}
    </p>
  );
}
