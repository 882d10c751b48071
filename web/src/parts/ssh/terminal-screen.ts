import type { Terminal } from '@xterm/headless';
import { type TerminalShow, USUAL_SIZE } from './terminal-show.ts';

/** What stands on a terminal's screen at any time of what it showed, as text: it is drawn by nobody but the page. */
export class TerminalScreen {
  readonly #show: TerminalShow;
  readonly #terminal: Terminal;
  #next = 0;
  #atMs = -1;
  #drawing: Promise<unknown> = Promise.resolve();

  private constructor(show: TerminalShow, terminal: Terminal) {
    this.#show = show;
    this.#terminal = terminal;
  }

  /** Loads what knows how terminals behave. */
  static async of(show: TerminalShow): Promise<TerminalScreen> {
    // Its package names a file for browsers that is not in it.
    const { Terminal } = (await import(
      '@xterm/headless/lib-headless/xterm-headless.mjs'
    )) as typeof import('@xterm/headless');
    const { columns: cols, rows } = USUAL_SIZE;
    return new TerminalScreen(show, new Terminal({ cols, rows, scrollback: 0, allowProposedApi: true }));
  }

  /** The lines at that time; one is asked for after the other. */
  at(ms: number): Promise<readonly string[]> {
    const drawn = this.#drawing.then(() => this.#draw(ms));
    this.#drawing = drawn.catch(() => undefined);
    return drawn;
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  async #draw(ms: number): Promise<readonly string[]> {
    const terminal = this.#terminal;
    if (ms < this.#atMs) {
      terminal.reset();
      terminal.resize(USUAL_SIZE.columns, USUAL_SIZE.rows);
      this.#next = 0;
    }
    this.#atMs = ms;
    const { steps } = this.#show;
    for (let step = steps[this.#next]; step !== undefined && step.atMs <= ms; step = steps[++this.#next]) {
      if (step.kind === 'size') terminal.resize(step.columns, step.rows);
      else await written(terminal, step.bytes);
    }
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
    );
  }
}

function written(terminal: Terminal, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => terminal.write(bytes, resolve));
}
