/**
 * Decimal numbers as Rust's serde_json reads them (without its feature `float_roundtrip`): the digits as one whole number, rounded
 * to a double, then divided by a power of ten, rounded again. The result may be the neighbour of the nearest double. The scores of
 * a Unigram model decide by their last bit between paths of the same tokens in another order ("11" "1" or "1" "11"), so the ids of
 * the reference cannot be had from correctly rounded scores.
 *
 * Starts from the shortest text of the number, which is what files contain that were written by Rust or Python.
 */
export function rustFloat(value: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) return value;
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  let exponent = Number(power) - fraction.length;
  let result = Number(whole + fraction);
  if (exponent >= 0) result *= Number(`1e${exponent}`);
  for (; exponent < -308; exponent += 308) result /= 1e308;
  if (exponent < 0) result /= Number(`1e${-exponent}`);
  return sign === "-" ? -result : result;
}
