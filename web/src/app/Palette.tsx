import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Activity, ArrowRight, Inbox, Play } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { approvalsQuery, recentRunsQuery, recentSessionsQuery } from '../api/queries.ts';
import { pathOfId, paths } from '../paths.ts';
import { Modal } from '../ui/Dialog.tsx';
import { visible } from '../ui/hostile.ts';
import { relative } from '../ui/moments.ts';
import { useGo } from '../ui/routing.tsx';
import { useNow } from '../ui/Time.tsx';
import { placesFor } from './navigation.ts';

interface PaletteProps {
  readonly open: boolean;
  readonly scopes: readonly string[];
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

/** ⌘K or Ctrl K: any page, what waits, recent runs and sessions, anything by its id. */
export function Palette({ open, scopes, onOpen, onClose }: PaletteProps) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      if (open) onClose();
      else onOpen();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [open, onOpen, onClose]);
  return (
    <Modal
      open={open}
      onClose={onClose}
      label="Go to"
      className="mx-auto mt-[12vh] mb-auto w-[calc(100%-2rem)] max-w-xl"
    >
      <Choices scopes={scopes} onClose={onClose} />
    </Modal>
  );
}

function Choices({ scopes, onClose }: { readonly scopes: readonly string[]; readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const go = useGo();
  const follow = (href: string) => {
    onClose();
    go(href);
  };
  const byId = pathOfId(text);
  return (
    <Command label="Go to" loop filter={scoreOf}>
      <Command.Input
        autoFocus
        value={text}
        onValueChange={setText}
        placeholder="A page, a run, a session, or an id"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="p-4 text-muted">
          Nothing of that name among the pages and what is recent.
        </Command.Empty>
        {byId !== undefined && (
          <Choice value={text} icon={<ArrowRight />} onSelect={() => follow(byId)}>
            Open {visible(text.trim())}
          </Choice>
        )}
        <Waiting scopes={scopes} onFollow={follow} />
        {placesFor(scopes).map((group) => (
          <Group key={group.name} name={group.name}>
            {group.places.map((place) => (
              <Choice
                key={place.href}
                value={place.name}
                icon={<place.icon />}
                hint={`g ${place.key}`}
                onSelect={() => follow(place.href)}
              >
                {place.name}
              </Choice>
            ))}
          </Group>
        ))}
        <Recent scopes={scopes} onFollow={follow} />
      </Command.List>
    </Command>
  );
}

/** By whole words and beginnings, not by scattered letters: `polic` is no statement that has these letters somewhere. */
function scoreOf(value: string, text: string): number {
  const name = value.toLowerCase();
  const words = text.toLowerCase().trim().split(/\s+/);
  if (!words.every((word) => name.includes(word))) return 0;
  return name.startsWith(words[0] ?? '') ? 1 : 0.5;
}

interface PartProps {
  readonly scopes: readonly string[];
  readonly onFollow: (href: string) => void;
}

function Waiting({ scopes, onFollow }: PartProps) {
  const mine = useInfiniteQuery({ ...approvalsQuery('mine'), enabled: scopes.includes('approvals:answer') });
  if (!mine.data?.length) return null;
  return (
    <Group name="Waiting for you">
      {mine.data.map((approval) => (
        <Choice
          key={approval.id}
          value={`${approval.id} ${approval.target} ${approval.text}`}
          icon={<Inbox />}
          onSelect={() => onFollow(paths.approval(approval.id))}
        >
          <span className="font-mono text-sm">{visible(approval.text.slice(0, 80).replace(/\s+/g, ' '))}</span>
        </Choice>
      ))}
    </Group>
  );
}

function Recent({ scopes, onFollow }: PartProps) {
  const enabled = scopes.includes('sessions:read');
  const now = useNow();
  const runs = useQuery({ ...recentRunsQuery, enabled });
  const sessions = useQuery({ ...recentSessionsQuery, enabled });
  return (
    <>
      {runs.data !== undefined && runs.data.items.length > 0 && (
        <Group name="Recent runs">
          {runs.data.items.map((run) => (
            <Choice
              key={run.id}
              value={`${run.id} ${run.display}`}
              icon={<Play />}
              hint={relative(run.openedAt, now)}
              onSelect={() => onFollow(paths.run(run.id))}
            >
              {visible(run.display)}
            </Choice>
          ))}
        </Group>
      )}
      {sessions.data !== undefined && sessions.data.sessions.length > 0 && (
        <Group name="Recent sessions">
          {sessions.data.sessions.map((session) => (
            <Choice
              key={session.id}
              value={`${session.id} ${session.principal} ${session.target}`}
              icon={<Activity />}
              hint={relative(session.openedAt, now)}
              onSelect={() => onFollow(paths.session(session.id))}
            >
              {visible(session.principal)} in {visible(session.target)}
            </Choice>
          ))}
        </Group>
      )}
    </>
  );
}

function Group({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={name}
      className="pb-2 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

interface ChoiceProps {
  readonly value: string;
  readonly icon: ReactNode;
  readonly hint?: string;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

function Choice({ value, icon, hint, onSelect, children }: ChoiceProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover coarse:h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted"
    >
      {icon}
      <span className="min-w-0 grow truncate">{children}</span>
      {hint !== undefined && <span className="shrink-0 text-xs text-muted">{hint}</span>}
    </Command.Item>
  );
}
