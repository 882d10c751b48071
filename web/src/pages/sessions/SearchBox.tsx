import { Search, X } from 'lucide-react';
import { type SubmitEvent, useEffect, useId, useRef, useState } from 'react';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Input, Select } from '../../ui/Field.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { FILTER_NAMES, type FilterName, formatSearch, parseSearch, type SearchFilter } from './search-filter.ts';

interface SearchBoxProps {
  readonly filter: SearchFilter;
  /** What one can search by here. */
  readonly names: readonly FilterName[];
  /** What one may type, each a press away. */
  readonly examples: readonly string[];
}

const AGES: readonly (readonly [value: string, words: string])[] = [
  ['', 'Any time'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];

/** One box for everything: `name:value` narrows, the rest is looked for. What is asked for stands in the address. */
export function SearchBox({ filter, names, examples }: SearchBoxProps) {
  const [, change] = useSearchState();
  const asked = formatSearch(filter);
  const [typed, setTyped] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  // The address may change by itself: back, forward, a link.
  useEffect(() => setTyped(asked), [asked]);
  useShortcut({ keys: '/', name: 'Search', group: 'Lists', run: () => input.current?.focus() });

  function ask(text: string): void {
    const wanted = parseSearch(text);
    const patch = Object.fromEntries(
      FILTER_NAMES.map((name) => [name, names.includes(name) ? wanted[name] : undefined] as const),
    );
    change({ ...patch, view: undefined }, { replace: false });
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    ask(typed);
  }

  return (
    <form role="search" aria-label="Search" onSubmit={onSubmit} className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        <div className="relative min-w-60 grow">
          <Search
            aria-hidden="true"
            className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
          />
          <Input
            ref={input}
            type="text"
            aria-label="What to look for"
            aria-describedby={id}
            value={typed}
            placeholder="Search"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            maxLength={1000}
            onChange={(event) => setTyped(event.target.value)}
            className="pr-9 !pl-8"
          />
          {typed !== '' && (
            <span className="absolute top-1/2 right-0.5 -translate-y-1/2">
              <IconButton label="Clear the search" size="sm" onClick={() => ask('')}>
                <X />
              </IconButton>
            </span>
          )}
        </div>
        <Ages since={filter.since} onChange={(since) => change({ since }, { replace: false })} />
        <Button type="submit">Search</Button>
      </div>
      <Hints
        id={id}
        names={names}
        examples={examples}
        onExample={(example) => ask(formatSearch({ ...filter, ...parseSearch(example) }))}
      />
    </form>
  );
}

interface AgesProps {
  readonly since: string | undefined;
  readonly onChange: (since: string) => void;
}

function Ages({ since, onChange }: AgesProps) {
  return (
    <Select
      aria-label="When"
      value={AGES.some(([value]) => value === since) ? since : ''}
      onChange={(event) => onChange(event.target.value)}
      className="!w-auto"
    >
      {AGES.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </Select>
  );
}

interface HintsProps extends Pick<SearchBoxProps, 'names' | 'examples'> {
  readonly id: string;
  readonly onExample: (example: string) => void;
}

function Hints({ id, names, examples, onExample }: HintsProps) {
  return (
    <p id={id} className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-sm text-muted">
      <span className="max-md:sr-only">Narrow it by {names.filter((name) => name !== 'text').join(', ')}:</span>
      {examples.map((example) => (
        <button
          key={example}
          type="button"
          className="rounded-sm px-1 font-mono text-xs text-accent hover:bg-hover min-h-6 coarse:min-h-8"
          onClick={() => onExample(example)}
        >
          {example}
        </button>
      ))}
    </p>
  );
}
