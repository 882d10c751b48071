/** Text for a terminal; the words are the model's, for exports and evidence show text too. */
export { printable, printableLines } from '../model/printable.ts';
