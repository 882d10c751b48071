import type { CiSystem } from '../ci/ci-system.ts';
import { logText } from './hostile-text.ts';

export interface LogGroup {
  /** Written before what the command prints. */
  readonly opening: string;
  /** Written after it. */
  readonly closing: string;
}

export interface LogGroupRequest {
  readonly system: CiSystem;
  readonly title: string;
  readonly nowMs: () => number;
  /** So many bytes of randomness, as hex: what a command cannot guess. */
  readonly randomHex: (bytes: number) => string;
  /** True where what the command prints may be commands to the CI system. */
  readonly commandsAllowed: boolean;
}

/**
 * What folds the command's output in the CI system's log. In GitHub's nothing between the two is taken for a workflow
 * command: what an agent prints is often what somebody else wrote.
 */
export function logGroup({ system, title, nowMs, randomHex, commandsAllowed }: LogGroupRequest): LogGroup {
  const words = logText(title);
  const seconds = () => Math.floor(nowMs() / 1000);
  switch (system) {
    case 'github': {
      const stop = randomHex(16);
      const [stopped, resumed] = commandsAllowed ? ['', ''] : [`::stop-commands::${stop}\n`, `::${stop}::\n`];
      return { opening: `::group::${words}\n${stopped}`, closing: `${resumed}::endgroup::\n` };
    }
    case 'gitlab': {
      const name = `chaperone_${randomHex(4)}`;
      const opening = `section_start:${seconds()}:${name}\r\u001b[0K${words}\n`;
      return {
        opening,
        get closing() {
          return `section_end:${seconds()}:${name}\r\u001b[0K\n`;
        },
      };
    }
    case 'buildkite':
      return { opening: `+++ ${words}\n`, closing: '--- chaperone\n' };
    case 'azure-devops':
      return { opening: `##[group]${words}\n`, closing: '##[endgroup]\n' };
    case 'circleci':
    case 'bitbucket':
    case 'jenkins':
    case 'spacelift':
    case 'hcp-terraform':
    case 'kubernetes':
    case 'none':
      return { opening: '', closing: '' };
    default:
      return system satisfies never;
  }
}

/** GitLab's folded section with text in it. */
export function collapsedSection(title: string, text: string, nowMs: number, name: string): string {
  const seconds = Math.floor(nowMs / 1000);
  return `section_start:${seconds}:${name}[collapsed=true]\r\u001b[0K${logText(title)}\n${text}section_end:${seconds}:${name}\r\u001b[0K\n`;
}
