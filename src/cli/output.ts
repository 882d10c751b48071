import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes. Colour and progress appear on a terminal alone, and never with NO_COLOR. */
export interface Output {
  readonly json: boolean;
  /** True where standard output is a terminal. */
  readonly terminal: boolean;
  /** The command's answer, on standard output. */
  write(text: string): void;
  /** One JSON value and a line feed, on standard output. */
  writeJson(value: unknown): void;
  /** What is said about the work, on standard error. */
  say(text: string): void;
  /** Colours text for standard output. */
  paint(style: Style, text: string): string;
  /** Colours text for standard error. */
  paintSaid(style: Style, text: string): string;
}

export function processOutput(options: { readonly json: boolean }): Output {
  const painter = (stream: NodeJS.WriteStream) => (style: Style, text: string) => styleText(style, text, { stream });
  return {
    json: options.json,
    terminal: process.stdout.isTTY,
    write: (text) => void process.stdout.write(text),
    writeJson: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    say: (text) => void process.stderr.write(text),
    paint: painter(process.stdout),
    paintSaid: painter(process.stderr),
  };
}
