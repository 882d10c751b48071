/** Writes a whole number from 0 to 2^53 in decimal digits, without a string; returns where they end. */
export function writeDecimal(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  let place = at + digits - 1;
  let rest = value;
  for (; rest > MAX_INT; place--) {
    const tenth = Math.floor(rest / 10);
    bytes[place] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  // What fits 32 bits is divided as such, which is several times faster.
  for (let small = rest | 0; place >= at; place--) {
    const tenth = (small / 10) | 0;
    bytes[place] = ZERO + (small - tenth * 10);
    small = tenth;
  }
  return at + digits;
}

const ZERO = 48;
const MAX_INT = 2 ** 31 - 1;
